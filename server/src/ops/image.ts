import { text } from '../ir/attribute.ts';
import { unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput } from './shared/samples.ts';
import { elementOf, tensorOf } from './shared/types.ts';

const align_corners = attribute.int('1: -1 and 1 are centres of the outer pixels; 0: their edges.', 0);

export const gridSample = defineOp({
  type: 'GridSample',
  summary: 'Reads an image at the places that the grid [N, H, W, 2] names, in -1..1.',
  inputs: ['X', 'grid'],
  outputs: ['Y'],
  attributes: {
    align_corners,
    mode: attribute.string('linear (bilinear before opset 20), nearest or cubic (bicubic).', 'linear'),
    padding_mode: attribute.string('Outside of the image: zeros, border or reflection.', 'zeros'),
  },
  infer: ({ inputs: [x, places], fail }) => {
    const [shape, grid] = [shapeOf(x), shapeOf(places)];
    if (!shape || !grid) return [tensorOf(elementOf(x))];
    if (shape.length !== grid.length)
      fail(`an image of rank ${shape.length} with a grid of rank ${grid.length}`);
    return [tensorOf(elementOf(x), [shape[0]!, shape[1]!, ...grid.slice(1, -1)])];
  },
  cost: ({ outputs: [y], count }) => ({ macs: 4 * count(y), operations: 8 * count(y) }),
  gradient: { none: 'not written: no operator scatters between pixels' },
  channels: () => [
    { from: { input: 0, axis: 0 }, to: { output: 0, axis: 0 } },
    { from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } },
  ],
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    {
      name: 'linear',
      inputs: [waveInput([1, 2, 3, 4]), waveInput([1, 2, 3, 2], 1.2)],
    },
    {
      name: 'nearest at the border',
      inputs: [waveInput([1, 1, 3, 3]), waveInput([1, 2, 2, 2], 1.3)],
      attributes: new Map([
        ['mode', text('nearest')],
        ['padding_mode', text('border')],
      ]),
    },
  ],
});

export const affineGrid = defineOp({
  type: 'AffineGrid',
  summary:
    'The sampling grid of an affine map theta [N, 2, 3] (or [N, 3, 4]) for an image of the given size.',
  inputs: ['theta', 'size'],
  outputs: ['grid'],
  attributes: { align_corners },
  infer: ({ inputs: [theta, list], ints: known, fail }) => {
    const size = known(1);
    if (size && size.length !== 4 && size.length !== 5) fail(`a size of ${size.length} axes`);
    if (size) return [tensorOf(elementOf(theta), [size[0]!, ...size.slice(2), size.length - 2])];
    const rank = shapeOf(list)?.[0];
    if (typeof rank === 'number' && rank !== 4 && rank !== 5) fail(`a size of ${rank} axes`);
    return [
      tensorOf(
        elementOf(theta),
        typeof rank === 'number'
          ? [...Array.from({ length: rank - 1 }, () => unknownDim), rank - 2]
          : undefined,
      ),
    ];
  },
  cost: ({ outputs: [y], count }) => ({ macs: 3 * count(y), operations: 0 }),
  gradient: { none: 'not written: GridSample, which follows it, has none' },
  channels: { none: 'its output holds coordinates' },
  quantize: { none: 'coordinates need more than 8 bits' },
  samples: [{ name: 'plane', inputs: [waveInput([2, 2, 3]), intsInput([2, 3, 4, 5])] }],
});

export const imageDecoder = defineOp({
  type: 'ImageDecoder',
  summary:
    'Decodes the bytes of a JPEG, PNG, BMP, TIFF, WebP, JPEG 2000 or PNM file to [height, width, channels].',
  inputs: ['encoded_stream'],
  outputs: ['image'],
  attributes: { pixel_format: attribute.string('RGB, BGR or Grayscale.', 'RGB') },
  infer: ({ attributes: { pixel_format } }) => [
    tensorType('uint8', [unknownDim, unknownDim, pixel_format === 'Grayscale' ? 1 : 3]),
  ],
  cost: () => ({ macs: 0, operations: 0 }),
  gradient: { none: 'bytes of a file have no derivative' },
  channels: { none: 'its output holds colours' },
  quantize: { none: 'its output is 8 bits already' },
  samples: { none: 'onnxruntime has no kernel for it' },
});
