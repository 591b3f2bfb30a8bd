import { shapeOf, tensorType } from '../ir/value-type.ts';
import { defineOp } from './define.ts';
import { waveInput } from './shared/elementwise.ts';

/** Determinant of every square matrix in the last two axes. */
export const det = defineOp({
  type: 'Det',
  summary: 'Determinant of the square matrices in the last two axes.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {},
  infer: ({ inputs: [x], fail }) => {
    const shape = shapeOf(x);
    if (x?.kind !== 'tensor' || !shape) return [x];
    const [rows, columns] = [shape.at(-2), shape.at(-1)];
    if (shape.length < 2 || (typeof rows === 'number' && typeof columns === 'number' && rows !== columns))
      fail(`[${shape}] are no square matrices`);
    return [tensorType(x.type, shape.slice(0, -2))];
  },
  cost: ({ inputs: [x], count, dim }) => ({ macs: (count(x) * dim(x, -1)) / 3, operations: 0 }),
  gradient: { none: 'it needs an inverse, which ONNX has no operator for' },
  channels: { none: 'a square matrix loses nothing' },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'one matrix', inputs: [waveInput([3, 3])] },
    { name: 'a batch', inputs: [waveInput([2, 4, 4])] },
  ],
});
