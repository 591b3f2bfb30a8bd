import { shapeOf, tensorType } from '../ir/value-type.ts';
import { defineOp } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { matMulChannels, matMulGradient, matMulShape } from './shared/mat-mul.ts';

/** Y = A B over the last two axes; the axes before them broadcast; a vector is a row or a column. */
export const matMul = defineOp({
  type: 'MatMul',
  summary: 'Matrix product over the last two axes, the axes before them broadcast (numpy.matmul).',
  inputs: ['A', 'B'],
  outputs: ['Y'],
  attributes: {},
  infer: ({ inputs: [a, b], fail }) => [
    a?.kind === 'tensor' ? tensorType(a.type, matMulShape(shapeOf(a), shapeOf(b), fail)) : undefined,
  ],
  cost: ({ inputs: [a], outputs: [y], count, dim }) => ({ macs: count(y) * dim(a, -1), operations: 0 }),
  gradient: (context) => {
    const {
      inputs: [a, b],
      dy: [dy],
    } = context;
    return dy ? matMulGradient(calculator(context), context, [a!, b!], dy) : [];
  },
  channels: matMulChannels,
  quantize: { kind: 'weighted', weight: 1, axis: () => -1 },
  samples: [
    { name: 'matrices', inputs: [waveInput([3, 4]), waveInput([4, 2])] },
    { name: 'a batch times a matrix', inputs: [waveInput([2, 3, 4]), waveInput([4, 5])] },
    { name: 'broadcast batches', inputs: [waveInput([2, 1, 3, 4]), waveInput([5, 4, 2])] },
    { name: 'a vector on the left', inputs: [waveInput([4]), waveInput([2, 4, 3])] },
    { name: 'a vector on the right', inputs: [waveInput([2, 3, 4]), waveInput([4])] },
    { name: 'two vectors', inputs: [waveInput([4]), waveInput([4])] },
  ],
});
