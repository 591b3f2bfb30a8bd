import { PareError } from '../base/errors.ts';
import { float } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, perElement, sameChannels } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

/**
 * In training y = mask x / (1 - ratio) with a random mask; otherwise y = x. The gradient reads the node's own mask, so a node
 * in training must have that output.
 */
export const dropout = defineOp({
  type: 'Dropout',
  summary:
    'Sets elements to zero at random in training and scales the others by 1 / (1 - ratio); does nothing otherwise.',
  inputs: ['data', 'ratio?', 'training_mode?'],
  outputs: ['output', 'mask?'],
  attributes: {
    ratio: attribute.float('Share of elements that become zero (before opset 12).', 0.5),
    seed: attribute.int('Seed of the random mask.'),
  },
  infer: ({ inputs: [x], opset }) => [
    x,
    x?.kind === 'tensor' ? tensorType(opset < 10 ? x.type : 'bool', shapeOf(x)) : undefined,
  ],
  cost: perElement(1),
  differentiable: { inputs: [0] },
  gradient: (context) => {
    const {
      build,
      inputs: [x, ratio, training],
      outputs: [, mask],
      dy: [dy],
    } = context;
    if (!dy) return [];
    const mode = training ? build.graph.constant(training) : undefined;
    if (!training || mode?.data.read()[0] === 0) return [dy];
    if (!mask) {
      throw new PareError('gradient-needs-output', `Dropout '${context.outputs[0]}' has no mask output.`, {
        hint: 'Put the model into training form first.',
        place: { name: context.outputs[0]! },
      });
    }
    const m = calculator(context);
    const share = ratio ? build.op('CastLike', [ratio, x!]) : m.value(0.5);
    const kept = m.where(mask, m.div(dy, m.sub(1, share)), 0);
    return [mode ? kept : m.where(training, kept, dy)];
  },
  channels: (context) => {
    const through = sameChannels({ ...context, inputs: context.inputs.slice(0, 1) });
    return context.outputs[1]
      ? [...through, ...through.map(({ from, to }) => ({ from, to: { ...to, output: 1 } }))]
      : through;
  },
  quantize: { kind: 'transparent' },
  deterministic: false,
  samples: [
    { name: 'inference', inputs: [waveInput([2, 3, 4])], outputs: 2 },
    {
      name: 'inference with its mode as an input',
      inputs: [
        waveInput([2, 3]),
        { type: 'float', shape: [], values: [0.3], constant: true },
        { type: 'bool', shape: [], values: [0], constant: true },
      ],
    },
    {
      name: 'opset 7',
      opset: 7,
      inputs: [waveInput([2, 3])],
      attributes: new Map([['ratio', float(0.2)]]),
    },
  ],
});
