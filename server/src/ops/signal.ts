import { int } from '../ir/attribute.ts';
import { dataTypeOf } from '../ir/data-type.ts';
import { addDims, type Dim, floorDivDim, subDims, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type InferContext, type Operator, perElement } from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { discrete } from './shared/none.ts';
import { intInput, scalarInput } from './shared/samples.ts';
import { elementOf, tensorOf } from './shared/types.ts';

const spectrum = {
  gradient: { none: 'not written: features are computed before training' },
  channels: { none: 'every output holds all of the signal' },
  quantize: { none: 'a spectrum needs more than 8 bits' },
} as const;

/** The size that an input states, a number or a symbolic one; `?` where it is not known. */
const sizeAt = ({ ints }: Pick<InferContext, 'ints'>, input: number): Dim => ints(input)?.[0] ?? unknownDim;
/** Bins of the spectrum of a real signal. */
const half = (size: Dim): Dim => addDims(floorDivDim(size, 2), 1);
const logOf = (size: number) => Math.max(1, Math.log2(Math.max(2, size)));

export const dft = defineOp({
  type: 'DFT',
  summary: 'Discrete Fourier transform along an axis; the last axis holds the real (and imaginary) part.',
  inputs: ['input', 'dft_length?', 'axis?'],
  outputs: ['output'],
  attributes: {
    axis: attribute.int('The axis, before opset 20.', 1),
    inverse: attribute.int('1: the inverse transform.', 0),
    onesided: attribute.int(
      '1: only the bins up to half of the length, of a real signal (or back to one).',
      0,
    ),
  },
  infer: (context) => {
    const {
      inputs: [x],
      attributes,
      given,
      opset,
      fail,
    } = context;
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const named = opset < 20 ? attributes.axis : given(2) ? sizeAt(context, 2) : -2;
    const keepsSize = attributes.onesided === 0 && !given(1);
    if (typeof named !== 'number')
      return [
        tensorOf(elementOf(x), [
          ...shape.slice(0, -1).map((dim) => (keepsSize ? dim : unknownDim)),
          keepsSize ? 2 : unknownDim,
        ]),
      ];
    const axis = normalizeAxis(named, shape.length, fail);
    const { inverse, onesided } = attributes;
    const back = inverse !== 0 && onesided !== 0;
    const length = given(1) ? sizeAt(context, 1) : back ? backLength(shape[axis]!) : shape[axis]!;
    const bins = onesided !== 0 && !back ? half(length) : length;
    return [
      tensorOf(
        elementOf(x),
        shape.map((dim, i) => (i === axis ? bins : i === shape.length - 1 ? (back ? 1 : 2) : dim)),
      ),
    ];
  },
  cost: ({ inputs: [x], outputs: [y], count, dim }) => ({
    macs: 2 * count(y) * logOf(dim(x, -2)),
    operations: 0,
  }),
  ...spectrum,
  samples: [
    { name: 'real', inputs: [waveInput([1, 8, 1]), undefined, intInput(1)] },
    {
      name: 'onesided',
      inputs: [waveInput([2, 5, 1])],
      attributes: new Map([['onesided', int(1)]]),
    },
    { name: 'complex, padded', inputs: [waveInput([1, 6, 2]), intInput(8), intInput(-2)] },
  ],
});

/** Length of the real signal behind `bins` one-sided bins. */
const backLength = (bins: Dim): Dim => (typeof bins === 'number' ? 2 * (bins - 1) : unknownDim);

export const stft = defineOp({
  type: 'STFT',
  summary: 'Fourier transforms of overlapping frames of a signal: [batch, frames, bins, 2].',
  inputs: ['signal', 'frame_step', 'window?', 'frame_length?'],
  outputs: ['output'],
  attributes: { onesided: attribute.int('1: only the bins up to half of the frame.', 1) },
  infer: (context) => {
    const {
      inputs: [x, , window],
      attributes,
      given,
    } = context;
    const shape = shapeOf(x);
    if (shape && shape.length < 2) context.fail(`a signal of rank ${shape.length}`);
    const length: Dim = given(3) ? sizeAt(context, 3) : (shapeOf(window)?.[0] ?? unknownDim);
    const step = sizeAt(context, 1);
    const frames = shape
      ? addDims(floorDivDim(subDims(shape[1] ?? unknownDim, length), step), 1)
      : unknownDim;
    const bins = attributes.onesided !== 0 ? half(length) : length;
    return [tensorOf(elementOf(x), [shape?.[0] ?? unknownDim, frames, bins, 2])];
  },
  cost: ({ outputs: [y], count, dim }) => ({ macs: 2 * count(y) * logOf(2 * dim(y, 2)), operations: 0 }),
  ...spectrum,
  samples: [
    {
      name: 'frames',
      inputs: [waveInput([1, 32, 1]), intInput(4), undefined, intInput(8)],
    },
    { name: 'window', inputs: [waveInput([2, 20, 1]), intInput(5), waveInput([10])] },
  ],
});

export const melWeightMatrix = defineOp({
  type: 'MelWeightMatrix',
  summary: 'The matrix [bins, mel bins] that turns a spectrum into a mel spectrum.',
  inputs: ['num_mel_bins', 'dft_length', 'sample_rate', 'lower_edge_hertz', 'upper_edge_hertz'],
  outputs: ['output'],
  attributes: { output_datatype: attribute.int('Number of the element type.', 1) },
  infer: (context) => [
    tensorType(dataTypeOf(context.attributes.output_datatype), [
      half(sizeAt(context, 1)),
      sizeAt(context, 0),
    ]),
  ],
  cost: perElement(4),
  ...discrete,
  samples: [
    {
      name: 'eight bins',
      inputs: [intInput(8), intInput(16), intInput(8192), scalarInput(0), scalarInput(4096)],
    },
  ],
});

/** Windows of a given length. */
export const windows: readonly Operator[] = (
  [
    ['HannWindow', 'Hann window: sin²(πn/N).'],
    ['HammingWindow', 'Hamming window: 25/46 - 21/46 cos(2πn/N).'],
    ['BlackmanWindow', 'Blackman window: 0.42 - 0.5 cos(2πn/N) + 0.08 cos(4πn/N).'],
  ] as const
).map(([type, summary]) =>
  defineOp({
    type,
    summary,
    inputs: ['size'],
    outputs: ['output'],
    attributes: {
      output_datatype: attribute.int('Number of the element type.', 1),
      periodic: attribute.int('1: for a spectrum; 0: symmetric, for a filter.', 1),
    },
    infer: (context) => [tensorType(dataTypeOf(context.attributes.output_datatype), [sizeAt(context, 0)])],
    cost: perElement(4),
    ...discrete,
    samples: [
      { name: 'periodic', inputs: [intInput(6)] },
      { name: 'symmetric', inputs: [intInput(5)], attributes: new Map([['periodic', int(0)]]) },
    ],
  }),
);
