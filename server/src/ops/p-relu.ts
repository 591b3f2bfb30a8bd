import { defineOp, perElement, sameChannels } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

/** x where x >= 0, slope x elsewhere; slope broadcasts to x. */
export const pRelu = defineOp({
  type: 'PRelu',
  summary: 'x where x >= 0, slope x elsewhere, with a trained slope that broadcasts to x.',
  inputs: ['X', 'slope'],
  outputs: ['Y'],
  attributes: {},
  infer: sameAsInput,
  cost: perElement(2),
  gradient: (context) => {
    const {
      inputs: [x, slope],
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const m = calculator(context);
    const negative = m.less(x!, 0);
    return [
      wants(0) ? m.where(negative, m.mul(dy, slope!), dy) : undefined,
      wants(1) ? m.where(negative, m.mul(dy, x!), 0) : undefined,
    ];
  },
  channels: sameChannels,
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'a slope per channel', inputs: [waveInput([2, 3, 4]), waveInput([3, 1], 0.3)] },
    { name: 'one slope', inputs: [waveInput([2, 3]), waveInput([1], 0.3)] },
  ],
});
