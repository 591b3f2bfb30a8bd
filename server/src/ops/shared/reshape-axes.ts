import { type Dim, exactDiv, mulDims, type Shape, sameDim } from '../../ir/dim.ts';
import type { Coupling, Slot } from '../define.ts';

/** Axes of two shapes with the same elements in the same order that have the same product. */
export interface AxisGroup {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Splits two shapes of the same elements into the shortest groups of axes with equal products; stops where that is unknown. */
export function matchAxes(from: Shape, to: Shape): readonly AxisGroup[] {
  const groups: AxisGroup[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [a, b]: [number[], number[]] = [[], []];
    let [left, right]: [Dim, Dim] = [from[i] ?? 1, to[j] ?? 1];
    if (i < from.length) a.push(i++);
    if (j < to.length) b.push(j++);
    while (!sameDim(left, right)) {
      const growLeft = smaller(left, right);
      if (growLeft === undefined) return groups;
      if (growLeft) {
        if (i >= from.length) return groups;
        left = mulDims(left, from[i]!);
        a.push(i++);
      } else {
        if (j >= to.length) return groups;
        right = mulDims(right, to[j]!);
        b.push(j++);
      }
    }
    groups.push({ from: a, to: b });
  }
  return groups;
}

function smaller(a: Dim, b: Dim): boolean | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (a !== 0 && exactDiv(b, a) !== undefined) return true;
  return b !== 0 && exactDiv(a, b) !== undefined ? false : undefined;
}

/**
 * Couplings of a reshaped input 0 with output 0: an axis that stays, one that is split into several, several that become
 * one. An axis that is split is coupled with each of its parts; they are alternatives.
 */
export function reshapeCouplings(from: Shape | undefined, to: Shape | undefined): readonly Coupling[] {
  if (!from || !to) return [];
  return matchAxes(from, to).flatMap((group) => {
    const a = group.from.filter((axis) => from[axis] !== 1);
    const b = group.to.filter((axis) => to[axis] !== 1);
    if (a.length === 1) return parts(to, b, { input: 0, axis: a[0]! }, (axis) => ({ output: 0, axis }));
    if (b.length === 1) return parts(from, a, { output: 0, axis: b[0]! }, (axis) => ({ input: 0, axis }));
    return [];
  });
}

function parts(
  shape: Shape,
  axes: readonly number[],
  whole: Slot,
  slot: (axis: number) => Slot,
): readonly Coupling[] {
  const product = (list: readonly number[]) => list.reduce<Dim>((n, axis) => mulDims(n, shape[axis]!), 1);
  return axes.flatMap((axis, i) => {
    const [tile, repeat] = [product(axes.slice(0, i)), product(axes.slice(i + 1))];
    return typeof tile === 'number' && typeof repeat === 'number'
      ? [{ from: slot(axis), to: whole, repeat, tile }]
      : [];
  });
}
