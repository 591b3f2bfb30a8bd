import { type Attribute, int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { type DataType, dataTypeCode } from '../../ir/data-type.ts';
import type { TensorType } from '../../ir/value-type.ts';
import type { GradientContext } from '../define.ts';
import { staticShape } from '../define.ts';

/** A value's name, or a number that becomes a constant. */
export type Operand = string | number;

type Unary = (a: Operand) => string;
type Binary = (a: Operand, b: Operand) => string;

/** Writes formulas of one element type as nodes: `m.mul(dy, m.sub(1, m.mul(y, y)))`. */
export interface Calculator {
  readonly value: (a: Operand) => string;
  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly pow: Binary;
  readonly neg: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly sqrt: Unary;
  readonly tanh: Unary;
  readonly erf: Unary;
  readonly sigmoid: Unary;
  readonly sign: Unary;
  readonly abs: Unary;
  readonly sin: Unary;
  readonly cos: Unary;
  readonly less: Binary;
  readonly greater: Binary;
  readonly equal: Binary;
  readonly where: (condition: string, a: Operand, b: Operand) => string;
  /** A boolean as 0 and 1. */
  readonly cast: (a: string) => string;
  /** Sum and mean over axes, which stay as 1. */
  readonly sum: (a: string, axes: readonly number[], keep?: boolean) => string;
  readonly mean: (a: string, axes: readonly number[], keep?: boolean) => string;
  /** A matrix product; `transpose` swaps the last two axes of a value of this rank. */
  readonly matmul: Binary;
  readonly transpose: (a: string, rank: number) => string;
  /** The value in another shape; -1 is found from the rest. */
  readonly reshape: (a: string, dims: readonly number[]) => string;
  /** The value in the shape of another one, whose batch may be symbolic. */
  readonly reshapeLike: (a: string, like: string) => string;
  /** The value broadcast to the shape of another one. */
  readonly expandLike: (a: Operand, like: string) => string;
}

/** A calculator for the element type of input 0 of the node, or of `type`. */
export function calculator(
  { build, inputs, types }: Pick<GradientContext, 'build' | 'inputs' | 'types'>,
  type: DataType = types(inputs[0]!).type,
): Calculator {
  const value = (a: Operand) => (typeof a === 'number' ? build.constant(type, [], [a]) : a);
  const op =
    (opType: string, attributes?: Readonly<Record<string, Attribute>>) =>
    (...values: readonly Operand[]) =>
      build.op(opType, values.map(value), attributes);
  const reduce =
    (opType: string) =>
    (a: string, axes: readonly number[], keep = true) =>
      axes.length === 0 ? a : build.op(opType, [a, intList(build, axes)], { keepdims: int(keep ? 1 : 0) });
  return {
    value,
    add: op('Add'),
    sub: op('Sub'),
    mul: op('Mul'),
    div: op('Div'),
    pow: op('Pow'),
    neg: op('Neg'),
    exp: op('Exp'),
    log: op('Log'),
    sqrt: op('Sqrt'),
    tanh: op('Tanh'),
    erf: op('Erf'),
    sigmoid: op('Sigmoid'),
    sign: op('Sign'),
    abs: op('Abs'),
    sin: op('Sin'),
    cos: op('Cos'),
    less: op('Less'),
    greater: op('Greater'),
    equal: op('Equal'),
    where: (condition, a, b) => build.op('Where', [condition, value(a), value(b)]),
    cast: (a) => build.op('Cast', [a], { to: int(dataTypeCode(type)) }),
    sum: reduce('ReduceSum'),
    mean: reduce('ReduceMean'),
    matmul: op('MatMul'),
    transpose: (a, rank) => transposeLast(build, a, rank),
    reshape: (a, dims) => build.op('Reshape', [a, intList(build, dims)]),
    reshapeLike: (a, like) => build.op('Reshape', [a, shapeValue(build, like, types(like))]),
    expandLike: (a, like) => build.op('Expand', [value(a), shapeValue(build, like, types(like))]),
  };
}

/** A constant list of integers. */
export const intList = (build: Builder, values: readonly number[]): string =>
  build.constant('int64', [values.length], values);

/** The shape of a value: a constant where it is known, a Shape node for a symbolic batch. */
export function shapeValue(build: Builder, value: string, type: TensorType): string {
  const known = staticShape(type.shape);
  return known ? intList(build, known) : build.op('Shape', [value]);
}

/** Swaps the last two axes of a value of this rank. */
export function transposeLast(build: Builder, value: string, rank: number): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
  return build.op('Transpose', [value], { perm: ints(perm) });
}
