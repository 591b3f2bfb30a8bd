import { defineOp, perElement, sameChannels } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { broadcastOf, waveInput } from './shared/elementwise.ts';
import { whereInts } from './shared/int-arithmetic.ts';

/** condition ? X : Y, element by element. Gradients keep dY where each was chosen. */
export const where = defineOp({
  type: 'Where',
  summary: 'X where the condition holds, Y elsewhere.',
  inputs: ['condition', 'X', 'Y'],
  outputs: ['output'],
  attributes: {},
  infer: (context) => {
    const x = context.inputs[1] ?? context.inputs[2];
    const type = broadcastOf(context, x?.kind === 'tensor' ? x.type : undefined);
    const ints = whereInts(context);
    return [ints ? { type, ints } : type];
  },
  cost: perElement(1),
  gradient: (context) => {
    const {
      inputs,
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const m = calculator(context, context.types(inputs[1]!).type);
    return [
      undefined,
      wants(1) ? m.where(inputs[0]!, dy, 0) : undefined,
      wants(2) ? m.where(inputs[0]!, 0, dy) : undefined,
    ];
  },
  channels: sameChannels,
  quantize: { none: 'onnxruntime has an int8 kernel in com.microsoft only' },
  samples: [
    {
      name: 'all of one shape',
      inputs: [
        { type: 'bool', shape: [2, 2], values: [1, 0, 0, 1] },
        waveInput([2, 2]),
        waveInput([2, 2], 3),
      ],
    },
    {
      name: 'broadcast',
      inputs: [{ type: 'bool', shape: [2, 1], values: [1, 0] }, waveInput([3]), waveInput([])],
    },
  ],
});
