import { type Attribute, int, ints, text } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import { type Dim, mulDims, type Shape, unknownDim } from '../../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../../ir/value-type.ts';
import { attribute, defineOp, free, type None, type Operator, perInput } from '../define.ts';
import { convShape } from '../shared/conv-shape.ts';
import { waveInput } from '../shared/elementwise.ts';
import { slide, windowOf } from '../shared/window.ts';
import { convAttributeRules, poolAttributeRules } from '../shared/window-attributes.ts';

const domain = blockedDomain;
const layout: None = {
  none: 'its blocks of channels belong to one processor: work on the model without them',
};
const aspects = { gradient: layout, channels: layout, quantize: layout } as const;

/** Channels come in blocks of 8 or 16, as the processor has it: only multiples of 16 are known to stay as they are. */
const blocked = (channels: Dim): Dim =>
  typeof channels === 'number' && channels % 16 === 0 ? channels : unknownDim;

const withShape = (type: ValueType | undefined, shape: Shape | undefined): ValueType | undefined =>
  type?.kind === 'tensor' ? tensorType(type.type, shape) : undefined;

const channelsLast = attribute.int('1: the plain layout is [N, H, W, C].', 0);

/** Kernels on images whose channels are in blocks, [N, C / b, H, W, b]; shapes are still written [N, C, H, W]. */
export const blockedLayout: readonly Operator[] = [
  defineOp({
    type: 'ReorderInput',
    domain,
    summary: 'Brings an image batch to blocks of channels.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: { channels_last: channelsLast },
    infer: ({ inputs: [x], attributes: { channels_last } }) => {
      const shape = shapeOf(x);
      if (!shape) return [x];
      const first = channels_last ? [shape[0]!, shape.at(-1)!, ...shape.slice(1, -1)] : shape;
      return [withShape(x, [first[0]!, blocked(first[1]!), ...first.slice(2)])];
    },
    cost: free,
    ...aspects,
    samples: [
      { name: 'channels first', inputs: [waveInput([1, 16, 3, 4])] },
      {
        name: 'channels last',
        inputs: [waveInput([1, 3, 4, 16])],
        attributes: new Map([['channels_last', int(1)]]),
      },
    ],
  }),
  defineOp({
    type: 'ReorderOutput',
    domain,
    summary: 'Brings an image batch back from blocks of channels.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: { channels: attribute.int('Number of channels.', 0), channels_last: channelsLast },
    infer: ({ inputs: [x], attributes: { channels, channels_last } }) => {
      const shape = shapeOf(x);
      if (!shape) return [x];
      const spatial = shape.slice(2);
      return [
        withShape(x, channels_last ? [shape[0]!, ...spatial, channels] : [shape[0]!, channels, ...spatial]),
      ];
    },
    cost: free,
    ...aspects,
    samples: [
      {
        name: 'channels first',
        inputs: [waveInput([1, 16, 3, 4])],
        attributes: new Map([['channels', int(13)]]),
      },
      {
        name: 'channels last',
        inputs: [waveInput([1, 16, 3, 4])],
        attributes: new Map([
          ['channels', int(16)],
          ['channels_last', int(1)],
        ]),
      },
    ],
  }),
  defineOp({
    type: 'Conv',
    domain,
    summary:
      'Convolution of images in blocks of channels, plus a tensor of the same size, then an activation.',
    inputs: ['X', 'W', 'B?', 'Sum?'],
    outputs: ['Y'],
    attributes: {
      ...convAttributeRules,
      activation: attribute.string('Operator of the activation.'),
      activation_params: attribute.floats('Its attributes, in order.'),
    },
    infer: ({ inputs: [x, w], attributes }) => {
      // The image's channels are padded to whole blocks, or not yet in blocks: they need not match the weights.
      const [image, weights] = [shapeOf(x), shapeOf(w)];
      if (!image || image.length < 3 || image.length !== weights?.length) return [withShape(x, undefined)];
      const fitting = image &&
        weights && [image[0]!, mulDims(weights[1]!, attributes.group), ...image.slice(2)];
      return [
        withShape(
          x,
          convShape(fitting, weights, attributes, () => undefined as never),
        ),
      ];
    },
    cost: ({ inputs: [, w], outputs: [y], count, dim }) => ({
      macs: (count(y) * count(w)) / Math.max(1, dim(w, 0)),
      operations: count(y),
    }),
    ...aspects,
    samples: [
      {
        name: 'padded',
        inputs: [waveInput([1, 16, 4, 5]), waveInput([16, 16, 3, 3]), waveInput([16])],
        attributes: new Map<string, Attribute>([
          ['pads', ints([1, 1, 1, 1])],
          ['activation', text('Relu')],
        ]),
      },
    ],
  }),
  ...(['MaxPool', 'AveragePool'] as const).map((type) =>
    defineOp({
      type,
      domain,
      summary: `${type === 'MaxPool' ? 'Largest element' : 'Mean'} of every window of images in blocks of channels.`,
      inputs: ['X'],
      outputs: ['Y'],
      attributes: {
        ...poolAttributeRules,
        count_include_pad: attribute.int('1 divides by the window with its padding.', 0),
        storage_order: attribute.int('Not used.', 0),
      },
      infer: ({ inputs: [x], attributes, fail }) => {
        const shape = shapeOf(x);
        if (!shape) return [x];
        const window = windowOf(attributes, attributes.kernel_shape ?? fail('it has no kernel_shape'));
        return [withShape(x, [...shape.slice(0, 2), ...slide(shape.slice(2), attributes, window)])];
      },
      cost: ({ outputs: [y], attributes: { kernel_shape }, count }) => ({
        macs: 0,
        operations: count(y) * (kernel_shape ?? []).reduce((a, b) => a * b, 1),
      }),
      ...aspects,
      samples: [
        {
          name: 'strided',
          inputs: [waveInput([1, 16, 4, 6])],
          attributes: new Map([
            ['kernel_shape', ints([2, 2])],
            ['strides', ints([2, 2])],
          ]),
        },
      ],
    }),
  ),
  ...(['GlobalMaxPool', 'GlobalAveragePool'] as const).map((type) =>
    defineOp({
      type,
      domain,
      summary: `${type === 'GlobalMaxPool' ? 'Largest element' : 'Mean'} of every channel, of images in blocks of channels.`,
      inputs: ['X'],
      outputs: ['Y'],
      attributes: {},
      infer: ({ inputs: [x] }) => [
        withShape(
          x,
          shapeOf(x)?.map((dim, axis) => (axis < 2 ? dim : 1)),
        ),
      ],
      cost: perInput(1),
      ...aspects,
      samples: [{ name: 'images', inputs: [waveInput([1, 16, 4, 6])] }],
    }),
  ),
  defineOp({
    type: 'Upsample',
    domain,
    summary: 'Enlarges images in blocks of channels by whole factors.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {
      coordinate_transformation_mode: attribute.string('How places of the result map to the input.'),
      mode: attribute.string('`nearest` or `linear`.', 'nearest'),
      scales: attribute.ints('Factor of every axis.'),
    },
    infer: ({ inputs: [x], attributes: { scales } }) => [
      withShape(
        x,
        shapeOf(x)?.map((dim, axis) => mulDims(dim, scales?.[axis] ?? 1)),
      ),
    ],
    cost: free,
    ...aspects,
    samples: [
      {
        name: 'doubled',
        inputs: [waveInput([1, 16, 2, 3])],
        attributes: new Map([['scales', ints([1, 1, 2, 2])]]),
      },
    ],
  }),
];
