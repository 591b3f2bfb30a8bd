import type { DataType } from '../../ir/data-type.ts';
import type { Dim, Shape } from '../../ir/dim.ts';
import { type TensorType, tensorType, type ValueType } from '../../ir/value-type.ts';
import type { Inferred } from '../define.ts';

/** Element type of a tensor; undefined for anything else. */
export const elementOf = (type: ValueType | undefined): DataType | undefined =>
  type?.kind === 'tensor' ? type.type : undefined;

/** A tensor type; undefined when not even the element type is known. */
export const tensorOf = (type: DataType | undefined, shape?: Shape): TensorType | undefined =>
  type && tensorType(type, shape);

/** Known elements are followed only while they are few: shapes, not data. */
export const mostInts = 1024;

/** A type together with its known integer elements, if there are any. */
export const withInts = (type: ValueType | undefined, ints: readonly Dim[] | undefined): Inferred =>
  ints && ints.length <= mostInts ? { type, ints } : { type };
