import {
  addDims,
  type Dim,
  floorDivDim,
  lowerBound,
  maxDims,
  minDims,
  mulDims,
  sameDim,
  subDims,
  unknownDim,
} from '../../ir/dim.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import type { InferContext } from '../define.ts';

/**
 * Arithmetic on the known elements of small tensors (`InferContext.ints`): how shapes flow through Add, Mul, Where ... An
 * element is a number or a symbolic dimension; `?` where it is not known. Elements of floating-point values are numbers.
 */
export type IntFunction = (a: Dim, b: Dim) => Dim;

const numeric =
  (f: (a: number, b: number) => number): IntFunction =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? f(a, b) : unknownDim;

/** A product with a fraction has no symbolic form. */
const whole = (dim: Dim) => typeof dim === 'string' || Number.isInteger(dim);
const onWhole =
  (symbolic: IntFunction, plain: (a: number, b: number) => number): IntFunction =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number'
      ? plain(a, b)
      : whole(a) && whole(b)
        ? symbolic(a, b)
        : unknownDim;

/** A comparison: 1, 0, or `?`. Sizes are at least one, so `N + 1 > 1` is known. */
const comparison =
  (plain: (a: number, b: number) => boolean, symbolic: IntFunction): IntFunction =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? Number(plain(a, b)) : symbolic(a, b);
const surely = (a: Dim, above: number): boolean => (lowerBound(a) ?? Number.NEGATIVE_INFINITY) >= above;
const less = (strict: 0 | 1): IntFunction => {
  const other = (1 - strict) as 0 | 1;
  return (a, b) => (surely(subDims(b, a), strict) ? 1 : surely(subDims(a, b), other) ? 0 : unknownDim);
};

/** Binary operators by ONNX name, for integers. `Div` truncates; symbolic sizes are never negative, so there it rounds down. */
export const intFunctions = {
  Add: onWhole(addDims, (a, b) => a + b),
  Sub: onWhole(subDims, (a, b) => a - b),
  Mul: onWhole(mulDims, (a, b) => a * b),
  Div: onWhole(
    (a, b) => (b !== 0 && surely(a, 0) && surely(b, 0) ? floorDivDim(a, b) : unknownDim),
    (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
  ),
  Mod: onWhole(
    (a, b) => (surely(a, 0) && surely(b, 1) ? subDims(a, mulDims(floorDivDim(a, b), b)) : unknownDim),
    (a, b) => (b === 0 ? 0 : a - Math.floor(a / b) * b),
  ),
  Max: onWhole(maxDims, Math.max),
  Min: onWhole(minDims, Math.min),
  Pow: numeric((a, b) => a ** b),
  And: numeric((a, b) => Number(a !== 0 && b !== 0)),
  Or: numeric((a, b) => Number(a !== 0 || b !== 0)),
  Equal: comparison(
    (a, b) => a === b,
    (a, b) => (sameDim(a, b) ? 1 : surely(subDims(a, b), 1) || surely(subDims(b, a), 1) ? 0 : unknownDim),
  ),
  Less: comparison((a, b) => a < b, less(1)),
  LessOrEqual: comparison((a, b) => a <= b, less(0)),
  Greater: comparison(
    (a, b) => a > b,
    (a, b) => less(1)(b, a),
  ),
  GreaterOrEqual: comparison(
    (a, b) => a >= b,
    (a, b) => less(0)(b, a),
  ),
} as const satisfies Record<string, IntFunction>;

/** As in `intFunctions`, for floating-point values: only division differs. */
const floatDiv: IntFunction = (a, b) =>
  typeof a === 'number' && typeof b === 'number' ? (b === 0 ? unknownDim : a / b) : b === 1 ? a : unknownDim;

const isFloating = (type: ValueType | undefined) =>
  type?.kind === 'tensor' && /^(float|double|bfloat)/.test(type.type);

/** Elements of a result that is broadcast over all inputs; undefined when an input's elements or the shapes are not known. */
export function broadcastInts(
  { inputs, ints }: Pick<InferContext, 'inputs' | 'ints'>,
  combine: (elements: readonly Dim[]) => Dim,
): readonly Dim[] | undefined {
  const values: (readonly Dim[])[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const known = ints(i);
    if (!known) return undefined;
    values.push(known);
  }
  const count =
    Math.min(1, ...values.map((value) => value.length)) && Math.max(...values.map((value) => value.length));
  // Lists of one length stand for the same places only where their shapes are the same, axes of one in front aside.
  const full = values.flatMap((value, i) =>
    value.length === count && count > 1 ? [shapeOf(inputs[i])] : [],
  );
  const places = full.map((shape) =>
    shape
      ?.slice(
        Math.max(
          0,
          shape.findIndex((dim) => dim !== 1),
        ),
      )
      .join(),
  );
  if (places.some((place) => place === undefined || place !== places[0])) return undefined;
  if (values.some((value) => value.length !== count && value.length !== 1)) return undefined;
  return Array.from({ length: count }, (_, at) =>
    combine(values.map((value) => value[value.length === 1 ? 0 : at]!)),
  );
}

/** Elements of `Add`, `Sub`, `Mul` ... of the inputs; undefined for operators without an integer form or inputs that are not known. */
export function binaryInts(
  context: Pick<InferContext, 'inputs' | 'ints'>,
  type: string,
): readonly Dim[] | undefined {
  if (!(type in intFunctions) || context.inputs.length === 0) return undefined;
  const plain = intFunctions[type as keyof typeof intFunctions];
  const f = type === 'Div' && isFloating(context.inputs[0]) ? floatDiv : plain;
  return broadcastInts(context, (elements) => elements.reduce(f));
}

/** Elements of a unary operator applied to known numbers; symbols keep `symbolic` of them, `?` by default. */
export function unaryInts(
  { ints }: Pick<InferContext, 'ints'>,
  plain: (value: number) => number,
  symbolic: (dim: Dim) => Dim = () => unknownDim,
): readonly Dim[] | undefined {
  return ints(0)?.map((value) => (typeof value === 'number' ? plain(value) : symbolic(value)));
}

/** Elements of Where(condition, a, b). */
export const whereInts = (context: Pick<InferContext, 'inputs' | 'ints'>): readonly Dim[] | undefined =>
  broadcastInts(context, ([condition, a, b]) =>
    typeof condition === 'number' ? (condition !== 0 ? a! : b!) : sameDim(a!, b!) ? a! : unknownDim,
  );
