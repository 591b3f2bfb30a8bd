import { ints } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp } from './define.ts';
import { convShape } from './shared/conv-shape.ts';
import { waveInput } from './shared/elementwise.ts';
import { convAttributeRules } from './shared/window-attributes.ts';

// Its padding is always explicit.
const { auto_pad: _, ...explicitPads } = convAttributeRules;

/** Convolution whose kernel elements look at places that are moved by computed offsets (Dai et al. 2017). */
export const deformConv = defineOp({
  type: 'DeformConv',
  summary: 'Convolution whose kernel elements are moved by offsets, and scaled by a mask, at every place.',
  inputs: ['X', 'W', 'offset', 'B?', 'mask?'],
  outputs: ['Y'],
  attributes: {
    ...explicitPads,
    offset_group: attribute.int('Number of groups of channels that have offsets of their own.', 1),
  },
  infer: ({ inputs: [x, w], attributes, fail }) => [
    x?.kind === 'tensor'
      ? tensorType(x.type, convShape(shapeOf(x), shapeOf(w), { ...attributes, auto_pad: 'NOTSET' }, fail))
      : undefined,
  ],
  cost: ({ inputs: [, w], outputs: [y], count, dim }) => ({
    // Every sample is interpolated from four elements before it is multiplied.
    macs: (5 * count(y) * count(w)) / Math.max(1, dim(w, 0)),
    operations: 0,
  }),
  gradient: { none: 'its places are computed, and ONNX has no backward operator for them' },
  channels: ({ inputs: [, , , bias], attributes: { group } }) =>
    group > 1
      ? []
      : [
          { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 } },
          ...(bias ? [{ from: { input: 3, axis: 0 }, to: { output: 0, axis: 1 } }] : []),
        ],
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    {
      name: 'small offsets',
      inputs: [
        waveInput([1, 2, 4, 4]),
        waveInput([3, 2, 2, 2]),
        waveInput([1, 8, 3, 3], 0.4),
        waveInput([3]),
      ],
      attributes: new Map([['kernel_shape', ints([2, 2])]]),
    },
  ],
});
