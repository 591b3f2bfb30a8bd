import { type Attribute, float } from '../../ir/attribute.ts';
import type { Shape } from '../../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../../ir/value-type.ts';
import {
  attribute,
  type ChannelRule,
  type Coupling,
  defineOp,
  type None,
  type Operator,
  sameChannels,
} from '../define.ts';
import { waveInput } from '../shared/elementwise.ts';
import { renormalize } from '../shared/normalize.ts';

const domain = 'com.microsoft';
const noInt8: None = { none: 'onnxruntime has no int8 kernel for it' };

/** Mean and deviation keep every axis but the last. */
const statistics = (type: ValueType | undefined) => {
  const shape = shapeOf(type);
  return tensorType('float', shape && [...shape.slice(0, -1), 1]);
};

/** Inputs 2 and later are vectors along the last axis, over which the statistics are taken. */
const channels: ChannelRule<unknown> = (context) => {
  const rank = context.outputs[0]?.shape?.length ?? 0;
  return sameChannels(context).map(
    (coupling): Coupling => (coupling.to.axis === rank - 1 ? { ...coupling, mixes: true } : coupling),
  );
};

const skipNormalization = (type: string, centred: boolean): Operator => {
  const vectors = centred ? ['gamma', 'beta?', 'bias?'] : ['gamma', 'bias?'];
  const biasAt = centred ? 4 : 3;
  return defineOp({
    type,
    domain,
    summary: `${centred ? 'Layer' : 'Root-mean-square'} normalization of input + skip + bias over the last axis.`,
    inputs: ['input', 'skip', ...vectors],
    outputs: ['output', 'mean?', 'inv_std_var?', 'input_skip_bias_sum?'],
    attributes: { epsilon: attribute.float('Added to the variance.', 1e-12) },
    infer: ({ inputs: [x] }) => [x, statistics(x), statistics(x), x],
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 10 * count(y) }),
    differentiable: { outputs: [0, 3] },
    gradient: (context) => {
      const { build, inputs, types, attributes, dy, wants } = context;
      const [input, skip, gamma] = inputs as readonly [string, string, string];
      const bias = inputs[biasAt];
      const beta = centred ? inputs[3] : undefined;
      const rank = types(input).shape!.length;
      const plain = build.op('Add', [input, skip]);
      const summed = bias ? build.op('Add', [plain, bias]) : plain;
      const { m, normal, backward } = renormalize(context, summed, [rank - 1], attributes.epsilon, centred);
      const flows = [dy[0] && backward(m.mul(dy[0], gamma)), dy[3]].filter((flow) => flow !== undefined);
      if (flows.length === 0) return [];
      const dx = flows.reduce((a, b) => m.add(a, b));
      const gradients: (string | undefined)[] = [dx, dx];
      gradients[2] = dy[0] && wants(2) ? m.mul(dy[0], normal) : undefined;
      if (beta) gradients[3] = dy[0];
      if (bias) gradients[biasAt] = dx;
      return gradients;
    },
    channels,
    quantize: noInt8,
    samples: [
      {
        name: 'all inputs',
        inputs: [
          waveInput([2, 3, 4]),
          waveInput([2, 3, 4], 0.7, 0.1),
          waveInput([4], 0.3, 1),
          ...(centred ? [waveInput([4], 0.2)] : []),
          waveInput([4], 0.5),
        ],
        attributes: new Map<string, Attribute>([['epsilon', float(1e-5)]]),
      },
      {
        name: 'without biases',
        inputs: [waveInput([2, 3, 4]), waveInput([2, 3, 4], 0.7, 0.1), waveInput([4], 0.3, 1)],
        attributes: new Map<string, Attribute>([['epsilon', float(1e-5)]]),
      },
    ],
  });
};

const embeddingShape = (ids: ValueType | undefined, words: ValueType | undefined): Shape | undefined => {
  const [places, table] = [shapeOf(ids), shapeOf(words)];
  return places && [...places, table?.[1] ?? '?'];
};

/** Normalizations of transformers as ONNX Runtime fuses them. */
export const microsoftNormalizations: readonly Operator[] = [
  skipNormalization('SkipLayerNormalization', true),
  skipNormalization('SkipSimplifiedLayerNormalization', false),
  defineOp({
    type: 'SimplifiedLayerNormalization',
    summary:
      'x / sqrt(mean(x^2) + epsilon) times scale over the axes from `axis` on; ONNX Runtime keeps it in ai.onnx.',
    inputs: ['X', 'scale'],
    outputs: ['Y', 'inv_std_var?'],
    attributes: {
      axis: attribute.int('First axis to normalize over.', -1),
      epsilon: attribute.float('Added to the mean square.', 1e-5),
      stash_type: attribute.int('Element type of the statistics, by its number; float by default.', 1),
    },
    infer: ({ inputs: [x], attributes: { axis } }) => {
      const shape = shapeOf(x);
      const first = shape && (axis < 0 ? axis + shape.length : axis);
      return [
        x,
        tensorType(
          'float',
          shape?.map((dim, at) => (at < first! ? dim : 1)),
        ),
      ];
    },
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 5 * count(y) }),
    differentiable: { outputs: [0] },
    gradient: (context) => {
      const {
        inputs: [x, scale],
        types,
        attributes,
        dy: [dy],
        wants,
      } = context;
      if (!dy) return [];
      const rank = types(x!).shape!.length;
      const first = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
      const axes = Array.from({ length: rank - first }, (_, i) => first + i);
      const { m, normal, backward } = renormalize(context, x!, axes, attributes.epsilon, false);
      return [backward(m.mul(dy, scale!)), wants(1) ? m.mul(dy, normal) : undefined];
    },
    channels: (context) => {
      const rank = context.outputs[0]?.shape?.length ?? 0;
      const { axis } = context.attributes;
      const first = axis < 0 ? axis + rank : axis;
      return sameChannels(context).map((coupling) =>
        coupling.to.axis >= first ? { ...coupling, mixes: true } : coupling,
      );
    },
    quantize: noInt8,
    samples: [{ name: 'last axis', inputs: [waveInput([2, 3, 4]), waveInput([4], 0.3, 1)] }],
  }),
  defineOp({
    type: 'EmbedLayerNormalization',
    domain,
    summary: 'The sum of word, position and segment embeddings, layer-normalized.',
    inputs: [
      'input_ids',
      'segment_ids?',
      'word_embedding',
      'position_embedding',
      'segment_embedding?',
      'gamma',
      'beta',
      'mask?',
      'position_ids?',
    ],
    outputs: ['output', 'mask_index?', 'embedding_sum?'],
    attributes: {
      epsilon: attribute.float('Added to the variance.', 1e-12),
      mask_index_type: attribute.int('1: the mask index is the last position that counts.', 0),
    },
    infer: ({ inputs: [ids, , words] }) => {
      const type = words?.kind === 'tensor' ? words.type : 'float';
      const output = tensorType(type, embeddingShape(ids, words));
      return [output, tensorType('int32', [shapeOf(ids)?.[0] ?? '?']), output];
    },
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 10 * count(y) }),
    gradient: { none: 'train the model from before its embeddings were fused' },
    channels: ({ inputs }) =>
      [2, 3, 4, 5, 6].flatMap((input): readonly Coupling[] => {
        const rank = inputs[input]?.shape?.length;
        return rank === undefined
          ? []
          : [{ from: { input, axis: rank - 1 }, to: { output: 0, axis: 2 }, mixes: true }];
      }),
    quantize: { none: 'onnxruntime has its own quantized form, QEmbedLayerNormalization' },
    samples: [
      {
        name: 'two sentences',
        inputs: [
          { type: 'int32', shape: [2, 3], values: [0, 1, 2, 4, 3, 2] },
          { type: 'int32', shape: [2, 3], values: [0, 0, 1, 0, 1, 1] },
          waveInput([5, 4]),
          waveInput([6, 4], 0.5),
          waveInput([2, 4], 0.3),
          waveInput([4], 0.3, 1),
          waveInput([4], 0.2),
        ],
        outputs: 2,
      },
    ],
  }),
];
