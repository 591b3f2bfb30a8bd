import { type Attribute, int, ints } from '../ir/attribute.ts';
import { addDims, type Dim, maxDims, minDims, mulDims, unknownDim } from '../ir/dim.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import {
  attribute,
  type Coupling,
  defineOp,
  type GradientContext,
  type Operator,
  perInput,
  type Sample,
  staticShape,
} from './define.ts';
import { type Calculator, calculator, intList } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { type ReduceAttributes, reducedShape } from './shared/reduce.ts';

interface Reduction {
  readonly type: string;
  readonly summary: string;
  /** dX, from values that broadcast against x: y and dY with the reduced axes kept as 1. */
  readonly gradient: (m: Calculator, value: Values) => string;
  /** How known integers are reduced. */
  readonly ints?: (a: Dim, b: Dim) => Dim;
  /** True when the values must be positive. */
  readonly positive?: boolean;
}

interface Values {
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  /** Sums over the reduced axes, which stay as 1. */
  readonly sum: (value: string) => string;
  /** Number of elements behind each result. */
  readonly count: () => number | string;
  /** Product over the reduced axes. */
  readonly product: (value: string) => string;
}

const reduction = (row: Reduction): Operator =>
  defineOp({
    type: row.type,
    summary: row.summary,
    inputs: ['data', 'axes?'],
    outputs: ['reduced'],
    attributes: {
      axes: attribute.ints('Axes to reduce (an input in newer opsets); all of them by default.'),
      keepdims: attribute.int('1 keeps the reduced axes with size 1.', 1),
      noop_with_empty_axes: attribute.int('1: without axes nothing is reduced.', 0),
    },
    infer: (context) => {
      const input = context.inputs[0];
      if (input?.kind !== 'tensor') return [undefined];
      const type = tensorType(input.type, reducedShape(context));
      const values = context.ints(0);
      const whole = row.ints && values && values.length > 0 && shapeOf(input)?.length === 1;
      return [
        whole && type.shape?.every((dim) => dim === 1) ? { type, ints: [values.reduce(row.ints!)] } : type,
      ];
    },
    cost: perInput(1),
    gradient: (context) => {
      const {
        inputs: [x],
        outputs: [y],
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const axes = constantAxes(context);
      const kept = keepAxes(context, axes);
      const reduce = (opType: string) => (value: string) =>
        axes?.length === 0
          ? value
          : context.build.op(opType, axesInputs(context, value, axes), { keepdims: int(1) });
      const dx = row.gradient(m, {
        x: x!,
        y: kept(y!),
        dy: kept(dy),
        sum: reduce('ReduceSum'),
        product: reduce('ReduceProd'),
        count: () => reducedCount(context, m, axes),
      });
      return [m.expandLike(dx, x!)];
    },
    channels: (context) => {
      const shape = context.inputs[0]?.shape;
      if (!shape) return [];
      const given = context.attributes.axes ?? (context.constant(1) && numbers(context.constant(1)!));
      if (!given && context.inputs[1]) return [];
      const axes = normalAxes(given ?? [], shape.length, context.attributes);
      let output = 0;
      return shape.flatMap<Coupling>((_, axis) => {
        if (axes.includes(axis)) {
          if (context.attributes.keepdims) output++;
          return [];
        }
        return [{ from: { input: 0, axis }, to: { output: 0, axis: output++ } }];
      });
    },
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: samples(row.positive ? 2 : 0),
  });

const normalAxes = (
  axes: readonly number[],
  rank: number,
  attributes: ReduceAttributes,
): readonly number[] =>
  axes.length === 0 && !attributes.noop_with_empty_axes
    ? Array.from({ length: rank }, (_, axis) => axis)
    : axes.map((axis) => (axis < 0 ? axis + rank : axis));

/** The axes as numbers, or undefined when only the run knows them. */
function constantAxes(context: GradientContext<ReduceAttributes>): readonly number[] | undefined {
  const { attributes, build, inputs, types } = context;
  const rank = types(inputs[0]!).shape!.length;
  if (attributes.axes) return normalAxes(attributes.axes, rank, attributes);
  if (!inputs[1]) return normalAxes([], rank, attributes);
  const constant = build.graph.constant(inputs[1]);
  return constant && normalAxes(numbers(constant), rank, attributes);
}

const axesInputs = (
  { build, inputs }: GradientContext<ReduceAttributes>,
  value: string,
  axes: readonly number[] | undefined,
) => [value, axes ? intList(build, axes) : inputs[1]!];

const keepAxes =
  (context: GradientContext<ReduceAttributes>, axes: readonly number[] | undefined) => (value: string) =>
    context.attributes.keepdims || axes?.length === 0
      ? value
      : context.build.op('Unsqueeze', axesInputs(context, value, axes));

function reducedCount(
  context: GradientContext<ReduceAttributes>,
  m: Calculator,
  axes: readonly number[] | undefined,
): number | string {
  const { build, inputs, outputs, types } = context;
  const shape = types(inputs[0]!).shape!;
  const known = axes && staticShape(axes.map((axis) => shape[axis] ?? unknownDim));
  if (known) return known.reduce((a, b) => a * b, 1);
  const size = (value: string) => build.op('Size', [value]);
  return m.cast(build.op('Div', [size(inputs[0]!), size(outputs[0]!)]));
}

const samples = (shift: number): readonly Sample[] => [
  {
    name: 'axes as an attribute',
    opset: 11,
    inputs: [waveInput([2, 3, 4], 1, shift)],
    attributes: new Map<string, Attribute>([
      ['axes', ints([1, -1])],
      ['keepdims', int(0)],
    ]),
  },
  {
    name: 'axes as an input',
    inputs: [waveInput([2, 3, 4], 1, shift), { type: 'int64', shape: [1], values: [-1], constant: true }],
  },
  {
    name: 'axes dropped',
    inputs: [waveInput([2, 3, 4], 1, shift), { type: 'int64', shape: [2], values: [0, 2], constant: true }],
    attributes: new Map([['keepdims', int(0)]]),
  },
  { name: 'all axes', inputs: [waveInput([2, 3], 1, shift)], attributes: new Map([['keepdims', int(0)]]) },
];

const extreme = (type: string, summary: string, ints_: (a: Dim, b: Dim) => Dim): Operator =>
  reduction({
    type,
    summary,
    ints: ints_,
    // Equal extremes share the gradient.
    gradient: (m, { x, y, dy, sum }) => {
      const hit = m.equal(x, y);
      return m.where(hit, m.div(dy, sum(m.cast(hit))), 0);
    },
  });

/** Reductions over axes. */
export const reductions: readonly Operator[] = [
  reduction({ type: 'ReduceSum', summary: 'Sum over axes.', ints: addDims, gradient: (_m, { dy }) => dy }),
  reduction({
    type: 'ReduceMean',
    summary: 'Mean over axes.',
    gradient: (m, { dy, count }) => m.div(dy, count()),
  }),
  extreme('ReduceMax', 'Largest element over axes.', maxDims),
  extreme('ReduceMin', 'Smallest element over axes.', minDims),
  reduction({
    type: 'ReduceProd',
    summary: 'Product over axes.',
    ints: mulDims,
    // The product of the others: y / x, but where a factor is zero.
    gradient: (m, { x, dy, sum, product }) => {
      const zero = m.equal(x, 0);
      const filled = m.where(zero, 1, x);
      const others = product(filled);
      const zeros = sum(m.cast(zero));
      const ofNonzero = m.where(m.equal(zeros, 0), m.div(others, filled), 0);
      return m.mul(dy, m.where(zero, m.where(m.equal(zeros, 1), others, 0), ofNonzero));
    },
  }),
  reduction({
    type: 'ReduceL1',
    summary: 'Sum of absolute values over axes.',
    gradient: (m, { x, dy }) => m.mul(dy, m.sign(x)),
  }),
  reduction({
    type: 'ReduceL2',
    summary: 'Square root of the sum of squares over axes.',
    gradient: (m, { x, y, dy }) => {
      const zero = m.equal(y, 0);
      return m.where(zero, 0, m.mul(dy, m.div(x, m.where(zero, 1, y))));
    },
  }),
  reduction({
    type: 'ReduceLogSum',
    summary: 'Logarithm of the sum over axes.',
    gradient: (m, { y, dy }) => m.div(dy, m.exp(y)),
    positive: true,
  }),
  reduction({
    type: 'ReduceLogSumExp',
    summary: 'Logarithm of the sum of exponentials over axes.',
    gradient: (m, { x, y, dy }) => m.mul(dy, m.exp(m.sub(x, y))),
  }),
  reduction({
    type: 'ReduceSumSquare',
    summary: 'Sum of squares over axes.',
    gradient: (m, { x, dy }) => m.mul(dy, m.mul(2, x)),
  }),
];
