import { PareError } from '../../base/errors.ts';
import type { Dim, Shape } from '../../ir/dim.ts';
import type { InferContext } from '../define.ts';

/** A negative axis counts from the end. Calls `fail` when it is outside of the rank. */
export function normalizeAxis(axis: number, rank: number, fail: (message: string) => never): number {
  const normal = axis < 0 ? axis + rank : axis;
  return normal >= 0 && normal < rank ? normal : fail(`axis ${axis} is outside of rank ${rank}`);
}

/**
 * The axes of an operator whose `axes` moved from an attribute to an input: whichever the model has. Undefined when they
 * are not known yet; an empty list when none are given.
 */
export function axesOf(
  context: InferContext<{ readonly axes: readonly number[] | undefined }>,
  input: number,
): readonly number[] | undefined {
  if (context.attributes.axes) return context.attributes.axes;
  if (!context.given(input)) return [];
  const axes = context.ints(input);
  return axes?.every((axis) => typeof axis === 'number') ? (axes as readonly number[]) : undefined;
}

/** Known integers as numbers, or undefined when one is symbolic. */
export const plainInts = (values: readonly Dim[] | undefined): readonly number[] | undefined =>
  values?.every((value) => typeof value === 'number') ? (values as readonly number[]) : undefined;

/** No tensor has more axes; a damaged file may say so. */
const highestRank = 1024;

/** A shape of unknown dimensions. Throws `shape-mismatch` for a rank that cannot be. */
export function unknownShape(rank: number): Shape {
  if (!(rank >= 0 && rank <= highestRank)) throw new PareError('shape-mismatch', `a tensor of rank ${rank}`);
  return Array.from({ length: rank }, () => '?');
}
