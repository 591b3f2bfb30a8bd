import { ints } from '../ir/attribute.ts';
import { addDims, mulDims, subDims } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

/** The partial inverse of MaxPool: elements go back to the places that `I` names, all else is zero. */
export const maxUnpool = defineOp({
  type: 'MaxUnpool',
  summary:
    'Puts the elements of a pooled image batch back to the indices that MaxPool gave; the rest is zero.',
  inputs: ['X', 'I', 'output_shape?'],
  outputs: ['output'],
  attributes: {
    kernel_shape: attribute.ints('Size of the window.'),
    pads: attribute.ints('Padding that MaxPool used.'),
    strides: attribute.ints('Step of the window; 1 by default.'),
  },
  infer: ({ inputs: [x], attributes: { kernel_shape, pads, strides }, ints: known, given, fail }) => {
    const shape = shapeOf(x);
    if (x?.kind !== 'tensor' || !shape || !kernel_shape || shape.length !== kernel_shape.length + 2)
      return [x?.kind === 'tensor' ? tensorType(x.type) : undefined];
    if (given(2)) return [tensorType(x.type, known(2) ?? shape.map(() => '?'))];
    const rank = kernel_shape.length;
    if (shape.length !== rank + 2) fail(`a kernel of rank ${rank} for an input of rank ${shape.length}`);
    const spatial = kernel_shape.map((kernel, i) =>
      subDims(
        addDims(mulDims(subDims(shape[i + 2]!, 1), strides?.[i] ?? 1), kernel),
        (pads?.[i] ?? 0) + (pads?.[i + rank] ?? 0),
      ),
    );
    return [tensorType(x.type, [...shape.slice(0, 2), ...spatial])];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [, indices],
      dy: [dy],
    } = context;
    if (!dy) return [];
    return [build.op('Gather', [calculator(context).reshape(dy, [-1]), indices!])];
  },
  channels: { none: 'its indices count over all channels' },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    {
      name: 'tiles',
      inputs: [
        waveInput([1, 1, 2, 2]),
        { type: 'int64', shape: [1, 1, 2, 2], values: [5, 7, 13, 15], constant: true },
      ],
      attributes: new Map([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
      ]),
    },
    {
      name: 'a given shape',
      inputs: [
        waveInput([1, 1, 2, 2]),
        { type: 'int64', shape: [1, 1, 2, 2], values: [5, 7, 13, 15], constant: true },
        { type: 'int64', shape: [4], values: [1, 1, 5, 5], constant: true },
      ],
      attributes: new Map([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
      ]),
      noBatch: 'its output shape is constant',
    },
  ],
});
