import { tensorValue } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import { numbers, tensor } from '../../ir/tensor.ts';
import type { TensorType } from '../../ir/value-type.ts';
import { staticShape } from '../define.ts';

interface Writing {
  readonly build: Builder;
  readonly types: (value: string) => TensorType;
}

/** A constant list of int64. */
export const int64List = (build: Builder, values: readonly number[]): string =>
  build.constant('int64', [values.length], values);

/** The shape of a value as an int64 list: a constant where it is known, else a Shape node. */
export function shapeValue({ build, types }: Writing, value: string): string {
  const shape = staticShape(types(value).shape);
  return shape ? int64List(build, shape) : build.op('Shape', [value]);
}

/** Zeros of an element type, in the shape that an int64 list gives. */
export const zeros = (build: Builder, type: DataType, shape: string): string =>
  build.op('ConstantOfShape', [shape], { value: tensorValue(tensor('value', type, [1], [0])) });

/** Zeros of a value's type and shape. */
export const zerosLike = (context: Writing, value: string): string =>
  zeros(context.build, context.types(value).type, shapeValue(context, value));

/** The elements of a constant input of a node, for a gradient; undefined when they are computed. */
export function constantInts(
  { build }: Pick<Writing, 'build'>,
  value: string | undefined,
): readonly number[] | undefined {
  const constant = value ? build.graph.constant(value) : undefined;
  return constant && numbers(constant);
}
