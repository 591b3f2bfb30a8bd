import { float } from '../../../ir/attribute.ts';
import type { LayerContext, Tail, Words } from '../../define.ts';

/** Activations by the word that stands for them: the operator that computes each. */
const activations = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  elu: 'Elu',
  leakyrelu: 'LeakyRelu',
  hardswish: 'HardSwish',
  softplus: 'Softplus',
} as const;

export type ActivationWord = keyof typeof activations;
export const activationWords = Object.keys(activations) as readonly ActivationWord[];

/** What may follow the products of a layer: a normalization and an activation. */
export interface After {
  readonly batchNorm: boolean;
  readonly activation: ActivationWord | undefined;
}

export const takeAfter = (words: Words): After => ({
  batchNorm: words.flag('batchnorm'),
  activation: words.one(activationWords) as ActivationWord | undefined,
});

export function writeAfter({ batchNorm, activation }: After, tail: Tail, context: LayerContext): Tail {
  const normal = batchNorm ? writeBatchNorm(tail, context) : tail;
  return activation ? writeActivation(activation, normal, context) : normal;
}

export function writeActivation(
  word: ActivationWord,
  { value, shape }: Tail,
  { build, name }: LayerContext,
): Tail {
  return { value: build.op(activations[word], [value], {}, { name: `${name}/${word}` }), shape };
}

/** BatchNormalization over axis 1, as drawn: gain 1, shift 0, mean 0, variance 1. */
export function writeBatchNorm({ value, shape }: Tail, { build, name, weight }: LayerContext): Tail {
  const channels = shape[0]!;
  const fill = (part: string, number: number) =>
    weight(`norm.${part}`, [channels], new Float32Array(channels).fill(number));
  const inputs = [value, fill('weight', 1), fill('bias', 0), fill('mean', 0), fill('variance', 1)];
  return {
    value: build.op(
      'BatchNormalization',
      inputs,
      { epsilon: float(1e-5), momentum: float(0.9) },
      { name: `${name}/norm` },
    ),
    shape,
  };
}
