import { type Attribute, float, floatList, int, ints, text } from '../ir/attribute.ts';
import type { Builder } from '../ir/builder.ts';
import { type Dim, floorDivDim, mulDims, unknownDim } from '../ir/dim.ts';
import { floats, numbers } from '../ir/tensor.ts';
import { shapeOf } from '../ir/value-type.ts';
import {
  attribute,
  type ChannelRule,
  type CostRule,
  defineOp,
  type GradientContext,
  type InferContext,
  refuseGradient,
} from './define.ts';
import { normalizeAxis, plainInts } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput } from './shared/samples.ts';
import { int64List } from './shared/shape-values.ts';
import { elementOf, tensorOf } from './shared/types.ts';

/** floor(size * scale); symbolic where the scale is a whole number or its reciprocal. */
function scaled(size: Dim, scale: Dim | undefined): Dim {
  if (typeof scale !== 'number' || !(scale > 0 && scale < 2 ** 31)) return unknownDim;
  // The file holds the scale in single precision: 0.1 of 30 pixels are 3.
  if (typeof size === 'number') return Math.floor(Math.fround(size * Math.fround(scale)));
  if (scale === 1) return size;
  if (Number.isInteger(scale)) return mulDims(size, scale);
  const inverse = Math.round(1 / scale);
  return Math.fround(1 / inverse) === Math.fround(scale) ? floorDivDim(size, inverse) : unknownDim;
}

const cost: CostRule<{ readonly mode: string }> = ({ outputs: [y], count, attributes: { mode } }) => ({
  macs: mode === 'nearest' ? 0 : count(y) * (mode === 'cubic' ? 16 : 4),
  operations: count(y),
});

/** Batch and channels stay; resized axes do not. */
const channels: ChannelRule<unknown> = ({ inputs: [x], outputs: [y] }) =>
  (x?.shape ?? []).flatMap((dim, axis) =>
    axis < 2 && dim === y?.shape?.[axis] ? [{ from: { input: 0, axis }, to: { output: 0, axis } }] : [],
  );

interface ResizeAttributes {
  readonly mode: string;
  readonly axes: readonly number[] | undefined;
  readonly keep_aspect_ratio_policy: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
  readonly cubic_coeff_a: number;
  readonly exclude_outside: number;
  readonly extrapolation_value: number;
  readonly antialias: number;
}

function inferResize({
  inputs: [x],
  attributes,
  ints: known,
  given,
  opset,
  fail,
}: InferContext<ResizeAttributes>) {
  const shape = shapeOf(x);
  if (!shape) return [tensorOf(elementOf(x))];
  const axes =
    attributes.axes?.map((axis) => normalizeAxis(axis, shape.length, fail)) ?? shape.map((_, i) => i);
  const set = (size: (place: number, axis: number) => Dim) => [
    tensorOf(
      elementOf(x),
      shape.map((dim, axis) => (axes.includes(axis) ? size(axes.indexOf(axis), axis) : dim)),
    ),
  ];
  if (given(3)) {
    const sizes = known(3);
    if (sizes && sizes.length !== axes.length) fail(`${sizes.length} sizes for ${axes.length} axes`);
    if (attributes.keep_aspect_ratio_policy === 'stretch')
      return set((place) => sizes?.[place] ?? unknownDim);
    const wanted = plainInts(sizes);
    const from = plainInts(axes.map((axis) => shape[axis]!));
    if (!wanted || !from) return set(() => unknownDim);
    const ratios = wanted.map((size, i) => size / from[i]!);
    const scale =
      attributes.keep_aspect_ratio_policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    return set((place) => Math.floor(from[place]! * scale + 0.5));
  }
  const scales = known(opset < 11 ? 1 : 2);
  if (scales && scales.length > 0 && scales.length !== axes.length)
    fail(`${scales.length} scales for ${axes.length} axes`);
  const roi = attributes.coordinate_transformation_mode === 'tf_crop_and_resize' ? known(1) : undefined;
  return set((place, axis) => {
    const scale = scales?.[place];
    if (attributes.coordinate_transformation_mode !== 'tf_crop_and_resize')
      return scaled(shape[axis]!, scale);
    const [begin, end] = [roi?.[place], roi?.[place + axes.length]];
    return typeof begin === 'number' && typeof end === 'number' && typeof scale === 'number'
      ? scaled(shape[axis]!, scale * (end - begin))
      : unknownDim;
  });
}

/**
 * Resizing is linear and works axis by axis: Y = A_h X A_wᵀ, where A, which is constant, is the identity resized along one
 * axis in the same way. So dX = A_hᵀ dY A_w.
 */
function resizeGradient({
  build,
  inputs,
  outputs,
  types,
  attributes,
  dy: [dy],
}: GradientContext<ResizeAttributes>) {
  if (!dy) return [];
  if (attributes.coordinate_transformation_mode === 'tf_crop_and_resize')
    return refuseGradient({ outputs }, 'it crops by a computed region');
  const [from, to] = [types(inputs[0]!).shape!, types(outputs[0]!).shape!];
  const rank = from.length;
  const axes = (attributes.axes ?? from.map((_, i) => i)).map((axis) => (axis < 0 ? axis + rank : axis));
  const given = inputs[2] ? build.graph.constant(inputs[2]) : undefined;
  const scales = given && given.dims[0] === axes.length ? floats(given) : undefined;
  const settings: Record<string, Attribute> = {
    mode: text(attributes.mode),
    coordinate_transformation_mode: text(attributes.coordinate_transformation_mode),
    nearest_mode: text(attributes.nearest_mode),
    cubic_coeff_a: float(attributes.cubic_coeff_a),
    exclude_outside: int(attributes.exclude_outside),
    antialias: int(attributes.antialias),
  };
  let gradient = dy;
  for (const [place, axis] of axes.entries()) {
    const [size, target] = [from[axis]!, to[axis]!];
    if (typeof size !== 'number' || typeof target !== 'number') {
      // A symbolic axis of given scale one, or of the same size, is left as it is.
      if (size === target || (!inputs[3] && scales?.[place] === 1)) continue;
      return refuseGradient({ outputs }, `axis ${axis} has the symbolic size ${size}`);
    }
    if (size === target && (scales?.[place] ?? 1) === 1) continue;
    const resized = resizedIdentity(build, size, target, scales?.[place], settings);
    gradient = contract(build, gradient, resized, axis, rank);
  }
  return [gradient];
}

/** The identity of `size` columns with its rows resized to `target`. */
function resizedIdentity(
  build: Builder,
  size: number,
  target: number,
  scale: number | undefined,
  settings: Readonly<Record<string, Attribute>>,
): string {
  const square = build.op('Reshape', [
    build.op('EyeLike', [build.op('ConstantOfShape', [int64List(build, [size, size])])]),
    int64List(build, [1, 1, size, size]),
  ]);
  const inputs =
    scale === undefined
      ? [square, '', '', int64List(build, [1, 1, target, size])]
      : [square, '', build.constant('float', [4], [1, 1, scale, 1])];
  return build.op('Reshape', [build.op('Resize', inputs, settings), int64List(build, [target, size])]);
}

/** Multiplies `axis` of `value` with a matrix [axis, new axis]. */
function contract(build: Builder, value: string, matrix: string, axis: number, rank: number): string {
  if (axis === rank - 1) return build.op('MatMul', [value, matrix]);
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const swap = (name: string) => build.op('Transpose', [name], { perm: ints(perm) });
  if (axis === rank - 2)
    return build.op('MatMul', [build.op('Transpose', [matrix], { perm: ints([1, 0]) }), value]);
  return swap(build.op('MatMul', [swap(value), matrix]));
}

const none = (): undefined => undefined;

export const resize = defineOp({
  type: 'Resize',
  summary: 'Resizes axes to given sizes or by given scales: nearest element, linear or cubic interpolation.',
  inputs: ['X', 'roi?', 'scales?', 'sizes?'],
  outputs: ['Y'],
  attributes: {
    mode: attribute.string('nearest, linear or cubic.', 'nearest'),
    axes: attribute.ints('The axes that roi, scales and sizes are for; all by default.'),
    coordinate_transformation_mode: attribute.string(
      'How a pixel of the output finds its place in the input.',
      'half_pixel',
    ),
    nearest_mode: attribute.string('Rounding of that place for nearest.', 'round_prefer_floor'),
    cubic_coeff_a: attribute.float('Coefficient a of cubic interpolation.', -0.75),
    exclude_outside: attribute.int('1: pixels outside of the image have no weight.', 0),
    extrapolation_value: attribute.float('Value outside of the image, for tf_crop_and_resize.', 0),
    antialias: attribute.int('1: a wider filter when it makes the image smaller.', 0),
    keep_aspect_ratio_policy: attribute.string('stretch, not_larger or not_smaller.', 'stretch'),
  },
  infer: inferResize,
  cost,
  gradient: resizeGradient,
  channels,
  // Sizes and scales are per axis: sizes follow a cut axis, scales are ratios and stay.
  resize: ({ inputs: [x], outputs: [y], attributes, constant, kept }) => {
    const sizes = constant(3);
    if (!sizes) return {};
    const axes = attributes.axes ?? (x?.shape ?? []).map((_, axis) => axis);
    return {
      inputs: {
        3: numbers(sizes).map((size, i) => {
          const axis = axes[i]! < 0 ? axes[i]! + (x?.shape?.length ?? 0) : axes[i]!;
          return y?.shape?.[axis] === size && x?.shape?.[axis] === size
            ? kept({ output: 0, axis }).length
            : size;
        }),
      },
    };
  },
  quantize: {
    kind: 'transparent',
    unless: ({ mode }) =>
      mode === 'nearest' ? undefined : `onnxruntime has no int8 kernel for mode '${mode}'`,
  },
  samples: [
    {
      name: 'nearest by scales',
      inputs: [
        waveInput([1, 2, 3, 4]),
        none(),
        { type: 'float', shape: [4], values: [1, 1, 2, 1.5], constant: true },
      ],
      attributes: new Map([['coordinate_transformation_mode', text('asymmetric')]]),
    },
    {
      name: 'linear to sizes',
      inputs: [waveInput([1, 2, 3, 4]), none(), none(), intsInput([1, 2, 5, 2])],
      attributes: new Map([['mode', text('linear')]]),
    },
    {
      name: 'linear, corners aligned',
      inputs: [waveInput([1, 1, 3, 4]), none(), none(), intsInput([1, 1, 6, 7])],
      attributes: new Map([
        ['mode', text('linear')],
        ['coordinate_transformation_mode', text('align_corners')],
      ]),
    },
    {
      name: 'cubic',
      inputs: [
        waveInput([1, 1, 4, 4]),
        none(),
        { type: 'float', shape: [4], values: [1, 1, 2, 0.8], constant: true },
      ],
      attributes: new Map([['mode', text('cubic')]]),
    },
    {
      name: 'two axes, not larger',
      inputs: [waveInput([1, 1, 4, 6]), none(), none(), intsInput([3, 3])],
      attributes: new Map<string, Attribute>([
        ['mode', text('linear')],
        ['axes', ints([2, 3])],
        ['keep_aspect_ratio_policy', text('not_larger')],
      ]),
    },
  ],
});

export const upsample = defineOp({
  type: 'Upsample',
  summary: 'The old name of Resize by scales, before opset 10.',
  inputs: ['X', 'scales?'],
  outputs: ['Y'],
  attributes: {
    mode: attribute.string('nearest or linear.', 'nearest'),
    scales: attribute.floats('Scales of all axes, before opset 9.'),
    height_scale: attribute.float('Scale of the height in opset 1.'),
    width_scale: attribute.float('Scale of the width in opset 1.'),
  },
  infer: ({ inputs: [x], attributes, ints: known }) => {
    const shape = shapeOf(x);
    const old =
      attributes.height_scale && attributes.width_scale
        ? [1, 1, attributes.height_scale, attributes.width_scale]
        : undefined;
    const scales = attributes.scales ?? old ?? known(1);
    return [
      tensorOf(
        elementOf(x),
        shape?.map((dim, axis) => scaled(dim, scales?.[axis])),
      ),
    ];
  },
  cost,
  gradient: { none: 'a model is brought to an opset that has Resize before it is trained' },
  channels,
  quantize: { kind: 'transparent' },
  samples: [
    {
      name: 'nearest',
      opset: 8,
      inputs: [waveInput([1, 2, 2, 3])],
      attributes: new Map([['scales', floatList([1, 1, 2, 3])]]),
    },
  ],
});
