import { type Attribute, int, ints, text } from '../ir/attribute.ts';
import { addDims, mulDims, type Shape, subDims } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { type AttributeValues, attribute, defineOp, staticShape } from './define.ts';
import { convAttributes, convBiasGradient, convWeightGradient } from './shared/conv-gradient.ts';
import { waveInput } from './shared/elementwise.ts';
import { type FixedWindow, windowOf } from './shared/window.ts';

const attributes = {
  auto_pad: attribute.string(
    'NOTSET uses `pads`; SAME_UPPER and SAME_LOWER give size times stride; VALID does not pad.',
    'NOTSET',
  ),
  dilations: attribute.ints('Distance of the kernel elements along each axis; 1 by default.'),
  group: attribute.int('Number of groups that channels are divided into.', 1),
  kernel_shape: attribute.ints('Size of the kernel; taken from W by default.'),
  output_padding: attribute.ints('Size added at the end of every axis of the output.'),
  output_shape: attribute.ints('Spatial size of the output; pads follow from it.'),
  pads: attribute.ints('Cells cut at the begin of every axis, then at the end of every axis.'),
  strides: attribute.ints('Step of the kernel along each axis; 1 by default.'),
};
type Values = AttributeValues<typeof attributes>;

/** Spatial sizes before any padding is cut: s (x - 1) + output padding + (k - 1) d + 1. */
function fullSize(spatial: Shape, kernel: Shape, values: Values): Shape {
  const { strides, dilations } = windowOf(values, kernel);
  return spatial.map((size, i) =>
    addDims(
      mulDims(subDims(size, 1), strides[i] ?? 1),
      addDims(
        values.output_padding?.[i] ?? 0,
        addDims(mulDims(subDims(kernel[i] ?? 1, 1), dilations[i] ?? 1), 1),
      ),
    ),
  );
}

function outputSize(spatial: Shape, kernel: Shape, values: Values): Shape {
  if (values.output_shape) return values.output_shape.slice(-spatial.length);
  const { strides, pads } = windowOf(values, kernel);
  if (values.auto_pad.startsWith('SAME')) return spatial.map((size, i) => mulDims(size, strides[i] ?? 1));
  const full = fullSize(spatial, kernel, values);
  if (values.auto_pad === 'VALID') return full;
  return full.map((size, i) => subDims(size, (pads[i] ?? 0) + (pads[i + spatial.length] ?? 0)));
}

/** The window with the pads that `auto_pad` or `output_shape` mean (ONNX, ConvTranspose). */
function resolved(spatial: readonly number[], kernel: readonly number[], values: Values): FixedWindow {
  const window = windowOf(values, kernel) as FixedWindow;
  if (values.auto_pad === 'VALID' && !values.output_shape)
    return { ...window, pads: spatial.flatMap(() => [0, 0]) };
  if (!values.output_shape && !values.auto_pad.startsWith('SAME')) return window;
  const output = outputSize(spatial, kernel, values) as readonly number[];
  const total = fullSize(spatial, kernel, values).map((size, i) => Math.max(0, Number(size) - output[i]!));
  const half = total.map((cells) => Math.floor(cells / 2));
  const rest = total.map((cells, i) => cells - half[i]!);
  return { ...window, pads: values.auto_pad === 'SAME_UPPER' ? [...half, ...rest] : [...rest, ...half] };
}

/**
 * The gradient of a convolution with respect to its input, as an operator of its own ("deconvolution").
 * Y[n, m, s x + d k - p] += W[c, m, k] X[n, c, x]
 */
export const convTranspose = defineOp({
  type: 'ConvTranspose',
  summary: 'Transposed convolution of an image batch [N, C, ...] with weights [C, M/group, ...].',
  inputs: ['X', 'W', 'B?'],
  outputs: ['Y'],
  attributes,
  infer: ({ inputs: [x, w], attributes, fail }) => {
    const [image, weights] = [shapeOf(x), shapeOf(w)];
    if (x?.kind !== 'tensor') return [undefined];
    if (!image || !weights) return [tensorType(x.type)];
    if (image.length !== weights.length || image.length < 3)
      fail(`the input has rank ${image.length} but the weights have rank ${weights.length}`);
    if (typeof image[1] === 'number' && typeof weights[0] === 'number' && image[1] !== weights[0])
      fail(`the input has ${image[1]} channels, but the weights want ${weights[0]}`);
    const kernel = attributes.kernel_shape ?? weights.slice(2);
    if (image.length < 3 || kernel.length !== image.length - 2)
      fail(`a kernel of rank ${kernel.length} for an input of rank ${image.length}`);
    const spatial = outputSize(image.slice(2), kernel, attributes);
    return [tensorType(x.type, [image[0]!, mulDims(weights[1]!, attributes.group), ...spatial])];
  },
  cost: ({ inputs: [x, w, b], outputs: [y], count, dim }) => ({
    macs: (count(x) * count(w)) / Math.max(1, dim(w, 0)),
    operations: b ? count(y) : 0,
  }),
  gradient: ({ build, inputs: [x, w, b], types, attributes, dy: [dy], wants }) => {
    if (!dy) return [];
    const weights = staticShape(types(w!).shape)!;
    const output = staticShape(types(x!).shape!.slice(2))!;
    const kernel = weights.slice(2);
    const image = outputSize(output, kernel, attributes) as readonly number[];
    const geometry = {
      window: resolved(output, kernel, attributes),
      image,
      output,
      weights,
      group: attributes.group,
    };
    return [
      wants(0) ? build.op('Conv', [dy, w!], convAttributes(geometry), { name: 'dX' }) : undefined,
      // A convolution's weight gradient with image and output gradient in each other's place.
      wants(1) ? convWeightGradient(build, dy, x!, geometry) : undefined,
      b && wants(2) ? convBiasGradient(build, dy, image.length) : undefined,
    ];
  },
  channels: ({ inputs: [, w, b], attributes: { group } }) => {
    const bias = b ? [{ from: { input: 2, axis: 0 }, to: { output: 0, axis: 1 } }] : [];
    const weights = w?.shape;
    if (group > 1 && weights?.[1] === 1 && weights[0] === group)
      return [
        { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 } },
        { from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } },
        ...bias,
      ];
    return [
      { from: { input: 1, axis: 0 }, to: { input: 0, axis: 1 }, ...(group > 1 ? { groups: group } : {}) },
      { from: { input: 1, axis: 1 }, to: { output: 0, axis: 1 }, ...(group > 1 ? { tile: group } : {}) },
      ...bias,
    ];
  },
  resize: ({ attributes: { group }, inputs: [, w], kept }) =>
    group > 1 && w?.shape?.[1] === 1 && w.shape[0] === group
      ? { attributes: { group: int(kept({ input: 0, axis: 1 }).length) } }
      : {},
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'plain', inputs: [waveInput([2, 3, 4, 4]), waveInput([3, 2, 3, 3]), waveInput([2])] },
    {
      name: 'strided with output padding',
      inputs: [waveInput([1, 2, 4, 3]), waveInput([2, 3, 3, 3])],
      attributes: new Map([
        ['strides', ints([2, 2])],
        ['pads', ints([1, 1, 1, 1])],
        ['output_padding', ints([1, 0])],
      ]),
    },
    {
      name: 'grouped and dilated',
      inputs: [waveInput([1, 4, 5, 5]), waveInput([4, 2, 2, 2])],
      attributes: new Map<string, Attribute>([
        ['group', int(2)],
        ['dilations', ints([2, 1])],
      ]),
    },
    {
      name: 'depthwise',
      inputs: [waveInput([1, 3, 5]), waveInput([3, 1, 3]), waveInput([3])],
      attributes: new Map([['group', int(3)]]),
    },
    {
      name: 'output shape',
      inputs: [waveInput([1, 2, 3, 3]), waveInput([2, 2, 3, 3])],
      attributes: new Map<string, Attribute>([
        ['strides', ints([3, 2])],
        ['output_shape', ints([8, 6])],
      ]),
    },
    ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((pad) => ({
      name: pad,
      inputs: [waveInput([1, 2, 3, 3]), waveInput([2, 2, 4, 3])],
      attributes: new Map<string, Attribute>([
        ['auto_pad', text(pad)],
        ['strides', ints([2, 2])],
      ]),
    })),
  ],
});
