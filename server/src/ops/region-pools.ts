import { type Attribute, int, ints, text } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, type ChannelRule, defineOp, type Operator, type SampleInput } from './define.ts';
import { waveInput } from './shared/elementwise.ts';

const channels: ChannelRule<unknown> = () => [{ from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } }];
const noBackward = { none: 'its places are computed, and ONNX has no backward operator for them' };
const noKernel = { none: 'onnxruntime has no int8 kernel for it' };
const boxes = (columns: readonly number[]): SampleInput => ({
  type: 'float',
  shape: [2, columns.length / 2],
  values: columns,
  constant: true,
});

/** Pooling of regions of interest: [N, C, H, W] and R boxes become [R, C, h, w]. */
export const regionPools: readonly Operator[] = [
  defineOp({
    type: 'MaxRoiPool',
    summary: 'Largest elements of a grid over every region [batch index, x1, y1, x2, y2].',
    inputs: ['X', 'rois'],
    outputs: ['Y'],
    attributes: {
      pooled_shape: attribute.ints('Height and width of the result.'),
      spatial_scale: attribute.float('Factor from region coordinates to those of the input.', 1),
    },
    infer: ({ inputs: [x, rois], attributes: { pooled_shape } }) => [
      x?.kind === 'tensor'
        ? tensorType(x.type, [
            shapeOf(rois)?.[0] ?? '?',
            shapeOf(x)?.[1] ?? '?',
            ...(pooled_shape ?? ['?', '?']),
          ])
        : undefined,
    ],
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 4 * count(y) }),
    gradient: noBackward,
    channels,
    quantize: noKernel,
    samples: [
      {
        name: 'two regions',
        inputs: [waveInput([1, 2, 6, 6]), boxes([0, 0, 0, 3, 3, 0, 2, 1, 5, 5])],
        attributes: new Map([['pooled_shape', ints([2, 2])]]),
      },
    ],
  }),
  defineOp({
    type: 'RoiAlign',
    summary: 'Bilinear samples of a grid over every region [x1, y1, x2, y2], averaged or their largest.',
    inputs: ['X', 'rois', 'batch_indices'],
    outputs: ['Y'],
    attributes: {
      coordinate_transformation_mode: attribute.string('`half_pixel` or `output_half_pixel`.', 'half_pixel'),
      mode: attribute.string('`avg` or `max`.', 'avg'),
      output_height: attribute.int('Height of the result.', 1),
      output_width: attribute.int('Width of the result.', 1),
      sampling_ratio: attribute.int('Samples a cell and axis; 0 takes as many as the region needs.', 0),
      spatial_scale: attribute.float('Factor from region coordinates to those of the input.', 1),
    },
    infer: ({ inputs: [x, rois], attributes: { output_height, output_width } }) => [
      x?.kind === 'tensor'
        ? tensorType(x.type, [shapeOf(rois)?.[0] ?? '?', shapeOf(x)?.[1] ?? '?', output_height, output_width])
        : undefined,
    ],
    cost: ({ outputs: [y], attributes: { sampling_ratio }, count }) => ({
      macs: 4 * Math.max(1, sampling_ratio) ** 2 * count(y),
      operations: 0,
    }),
    gradient: noBackward,
    channels,
    quantize: noKernel,
    samples: ['avg', 'max'].map((mode) => ({
      name: mode,
      inputs: [
        waveInput([1, 2, 6, 6]),
        boxes([0, 0, 3, 3, 1, 1, 5, 4]),
        { type: 'int64', shape: [2], values: [0, 0], constant: true },
      ],
      attributes: new Map<string, Attribute>([
        ['mode', text(mode)],
        ['output_height', int(2)],
        ['output_width', int(3)],
        ['sampling_ratio', int(2)],
      ]),
    })),
  }),
];
