import { int } from '../ir/attribute.ts';
import { type DataType, dataTypeOf, isInteger } from '../ir/data-type.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import {
  attribute,
  type Coupling,
  defineOp,
  type GradientContext,
  type Operator,
  perElement,
  type SampleInput,
} from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

const elementType = (type: ValueType | undefined): DataType | undefined =>
  type?.kind === 'tensor' ? type.type : undefined;

interface Grid {
  readonly axis: number;
  readonly block_size: number;
}

/** Scale or zero point in a shape that broadcasts against x: per tensor, per slice of an axis, or per block along an axis. */
function spread(context: GradientContext<Grid>, value: string, x: string): string {
  const { build, types, attributes } = context;
  const shape = types(x).shape!;
  const own = types(value).shape!;
  const m = calculator(context, types(value).type);
  if (own.length === 0 || (own.length === 1 && own[0] === 1)) return value;
  const axis = attributes.axis < 0 ? attributes.axis + shape.length : attributes.axis;
  if (attributes.block_size === 0) return m.reshape(value, [-1, ...shape.slice(axis + 1).map(() => 1)]);
  // Each scale of a block, as often as the block is long.
  const indices = Array.from({ length: shape[axis] as number }, (_, i) =>
    Math.floor(i / attributes.block_size),
  );
  return build.op('Gather', [value, build.constant('int64', [indices.length], indices)], { axis: int(axis) });
}

/** Gradients of scales: summed by the reverse walk per tensor and per slice, and here per block. */
function gather(context: GradientContext<Grid>, gradient: string, scale: string, x: string): string {
  const { types, attributes } = context;
  const shape = types(x).shape!;
  const own = types(scale).shape!;
  const m = calculator(context, types(scale).type);
  const all = shape.map((_, axis) => axis);
  const axis = attributes.axis < 0 ? attributes.axis + shape.length : attributes.axis;
  if (own.length === 0) return m.sum(gradient, all, false);
  if (own.length === 1 && attributes.block_size === 0) {
    if (own[0] === 1 && shape[axis] !== 1) return m.reshape(m.sum(gradient, all, false), [1]);
    return m.sum(
      gradient,
      all.filter((at) => at !== axis),
      false,
    );
  }
  const blocks = own as readonly number[];
  const split = blocks.flatMap((size, at) => (at === axis ? [size, attributes.block_size] : [size]));
  return m.sum(m.reshape(gradient, split), [axis + 1], false);
}

const channels = (
  inputs: readonly ({ readonly shape?: readonly (number | string)[] } | undefined)[],
  grid: Grid,
) => {
  const rank = inputs[0]?.shape?.length ?? 0;
  const axis = grid.axis < 0 ? grid.axis + rank : grid.axis;
  const through = Array.from({ length: rank }, (_, at) => at).flatMap<Coupling>((at) =>
    grid.block_size > 0 && at === axis ? [] : [{ from: { input: 0, axis: at }, to: { output: 0, axis: at } }],
  );
  const parameters = [1, 2].flatMap<Coupling>((input) => {
    const shape = inputs[input]?.shape ?? [];
    if (grid.block_size > 0)
      return shape.flatMap((_, at) =>
        at === axis ? [] : [{ from: { input, axis: at }, to: { output: 0, axis: at } }],
      );
    return shape.length === 1 && shape[0] !== 1
      ? [{ from: { input, axis: 0 }, to: { output: 0, axis } }]
      : [];
  });
  return [...through, ...parameters];
};

const alreadyQuantized = { none: 'it is the boundary of a quantized region itself' };
const attributes = {
  axis: attribute.int('Axis of the scales, when there are several.', 1),
  block_size: attribute.int('Elements along the axis that share a scale; 0 without blocks.', 0),
};
const constant = (type: DataType, shape: readonly number[], values: readonly number[]): SampleInput => ({
  type,
  shape,
  values,
  constant: true,
});
const straightThrough = 'its gradient is straight-through: the function itself is a staircase';

/** Least and largest value of an integer type. */
function range(type: DataType): readonly [number, number] {
  const bits = Number(/\d+$/.exec(type)?.[0] ?? 8);
  return type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/**
 * The quantizer and its inverse. Gradients are straight-through (Bengio et al. 2013) inside of the range and zero outside;
 * together those of the scale are the learned step size's (Esser et al. 2020). dQ is the gradient of the integers as reals.
 */
export const quantization: readonly Operator[] = ['', 'com.microsoft'].flatMap((domain) => [
  defineOp({
    type: 'QuantizeLinear',
    domain,
    summary: 'q = saturate(round(x / scale) + zero point).',
    inputs: ['x', 'y_scale', 'y_zero_point?'],
    outputs: ['y'],
    attributes: {
      ...attributes,
      output_dtype: attribute.int(
        'Element type of the result, by its number; the zero point says it by default.',
        0,
      ),
      precision: attribute.int('Element type of the division, by its number.', 0),
      saturate: attribute.int('1 limits float 8 values to their range.', 1),
    },
    infer: ({ inputs: [x, , zero], attributes: { output_dtype } }) => {
      const type = elementType(zero) ?? (output_dtype ? dataTypeOf(output_dtype) : 'uint8');
      return [tensorType(type, shapeOf(x))];
    },
    cost: perElement(3),
    differentiable: { inputs: [0, 1] },
    gradient: (context) => {
      const {
        build,
        inputs: [x, scale, zero],
        outputs: [q],
        types,
        dy: [dy],
        wants,
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const type = types(q!).type;
      const step = spread(context, scale!, x!);
      const ratio = m.div(x!, step);
      const at = zero ? m.add(ratio, m.cast(spread(context, zero, x!))) : ratio;
      const [low, high] = isInteger(type) ? range(type) : ([undefined, undefined] as const);
      const inside = (value: string) =>
        low === undefined
          ? value
          : m.where(build.op('And', [m.greater(at, low - 0.5), m.less(at, high + 0.5)]), value, 0);
      const dx = m.div(dy, step);
      return [
        wants(0) ? inside(dx) : undefined,
        wants(1) ? gather(context, inside(m.neg(m.mul(dx, ratio))), scale!, x!) : undefined,
      ];
    },
    channels: (context) => channels(context.inputs, context.attributes),
    quantize: alreadyQuantized,
    samples: [
      {
        name: 'per tensor',
        inputs: [waveInput([2, 3, 4]), constant('float', [], [0.01]), constant('uint8', [], [128])],
        noGradient: straightThrough,
      },
      {
        name: 'per channel',
        inputs: [
          waveInput([2, 3, 4]),
          constant('float', [3], [0.01, 0.02, 0.03]),
          constant('int8', [3], [0, 0, 0]),
        ],
        noGradient: straightThrough,
      },
      ...(domain === ''
        ? [
            {
              name: 'blocks',
              inputs: [
                waveInput([4, 2]),
                constant('float', [2, 2], [0.1, 0.2, 0.2, 0.1]),
                constant('int8', [2, 2], [0, 0, 0, 0]),
              ],
              attributes: new Map([
                ['axis', int(0)],
                ['block_size', int(2)],
              ]),
              noGradient: straightThrough,
            },
          ]
        : []),
    ],
  }),
  defineOp({
    type: 'DequantizeLinear',
    domain,
    summary: 'x = (q - zero point) scale.',
    inputs: ['x', 'x_scale', 'x_zero_point?'],
    outputs: ['y'],
    attributes: {
      ...attributes,
      output_dtype: attribute.int(
        'Element type of the result, by its number; that of the scale by default.',
        0,
      ),
    },
    infer: ({ inputs: [x, scale], attributes: { output_dtype } }) => {
      const type = output_dtype ? dataTypeOf(output_dtype) : (elementType(scale) ?? 'float');
      return [tensorType(type, shapeOf(x))];
    },
    cost: perElement(2),
    gradient: (context) => {
      const {
        inputs: [q, scale, zero],
        dy: [dy],
        types,
        wants,
      } = context;
      if (!dy) return [];
      const m = calculator(context, types(scale!).type);
      const real = () => (zero ? m.sub(m.cast(q!), m.cast(spread(context, zero, q!))) : m.cast(q!));
      return [
        wants(0) ? m.mul(dy, spread(context, scale!, q!)) : undefined,
        wants(1) ? gather(context, m.mul(dy, real()), scale!, q!) : undefined,
      ];
    },
    channels: (context) => channels(context.inputs, context.attributes),
    quantize: alreadyQuantized,
    samples: [
      {
        name: 'per tensor',
        inputs: [
          { type: 'uint8', shape: [2, 3], values: [0, 1, 100, 128, 200, 255] },
          { type: 'float', shape: [], values: [0.02] },
          constant('uint8', [], [128]),
        ],
      },
      {
        name: 'per channel without zero point',
        inputs: [
          { type: 'int8', shape: [2, 3], values: [-128, -1, 0, 5, 77, 127] },
          { type: 'float', shape: [2], values: [0.02, 0.5] },
          ...(domain === '' ? [] : [constant('int8', [2], [0, 0])]),
        ],
        attributes: new Map([['axis', int(0)]]),
      },
      ...(domain === ''
        ? [
            {
              name: 'blocks',
              inputs: [
                { type: 'int8' as const, shape: [2, 4], values: [-8, -1, 0, 5, 7, 3, 2, 1] },
                { type: 'float' as const, shape: [2, 2], values: [0.02, 0.5, 0.25, 0.1] },
                constant('int8', [2, 2], [1, 2, 3, 4]),
              ],
              attributes: new Map([['block_size', int(2)]]),
            },
          ]
        : []),
    ],
  }),
]);

/** Quantizes to uint8 by the range of the values at hand. */
export const dynamicQuantizeLinear = defineOp({
  type: 'DynamicQuantizeLinear',
  summary: 'Quantizes to uint8 with a scale and zero point computed from the values themselves.',
  inputs: ['x'],
  outputs: ['y', 'y_scale', 'y_zero_point'],
  attributes: {},
  infer: ({ inputs: [x] }) => [
    tensorType('uint8', shapeOf(x)),
    tensorType('float', []),
    tensorType('uint8', []),
  ],
  cost: perElement(5),
  gradient: { none: 'quantize with fixed scales for training' },
  channels: { none: 'its scale depends on all channels' },
  quantize: alreadyQuantized,
  samples: [{ name: 'wave', inputs: [waveInput([2, 3])], outputs: 3 }],
});
