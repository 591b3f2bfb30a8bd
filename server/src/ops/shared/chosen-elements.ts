import type { Dim, Shape } from '../../ir/dim.ts';
import { plainInts } from './axes.ts';

/** How far apart neighbours along each axis lie in a row-major list of the elements. */
export const stridesOf = (sizes: readonly number[]): readonly number[] =>
  sizes.map((_, axis) => sizes.slice(axis + 1).reduce((a, b) => a * b, 1));

/**
 * Known elements of a tensor of which each axis is sliced or reordered. `offsets` has for each axis of the result the
 * distances from the first element in the row-major list `values`. Undefined when `values` are not the elements of `shape`.
 */
export function chosenElements(
  values: readonly Dim[] | undefined,
  shape: Shape,
  offsets: (sizes: readonly number[]) => readonly (readonly number[])[] | undefined,
): readonly Dim[] | undefined {
  const sizes = plainInts(shape);
  if (!values || !sizes || sizes.reduce((a, b) => a * b, 1) !== values.length) return undefined;
  const places = offsets(sizes)?.reduce<readonly number[]>(
    (starts, axis) => starts.flatMap((start) => axis.map((distance) => start + distance)),
    [0],
  );
  return places?.map((place) => values[place]!);
}
