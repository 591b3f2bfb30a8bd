import { type Dim, maxDims, type Shape, sameDim } from '../../ir/dim.ts';

/** The shape of an elementwise result (ONNX "Broadcasting"); undefined when a rank is unknown. Calls `fail` where shapes cannot meet. */
export function broadcast(
  shapes: readonly (Shape | undefined)[],
  fail: (message: string) => never,
): Shape | undefined {
  if (shapes.some((shape) => shape === undefined)) return undefined;
  const known = shapes as readonly Shape[];
  const rank = Math.max(0, ...known.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    known.map((shape) => shape[axis - rank + shape.length] ?? 1).reduce<Dim>((a, b) => meet(a, b, fail), 1),
  );
}

function meet(a: Dim, b: Dim, fail: (message: string) => never): Dim {
  if (a === 1) return b;
  if (b === 1 || sameDim(a, b)) return a;
  if (typeof a === 'number' && typeof b === 'number') return fail(`sizes ${a} and ${b} do not broadcast`);
  // One is symbolic: at run time it must be 1 or equal the other, so a number above 1 wins.
  if (typeof a === 'number') return a;
  // Of two symbolic ones either both are the same or one is 1.
  return typeof b === 'number' ? b : maxDims(a, b);
}
