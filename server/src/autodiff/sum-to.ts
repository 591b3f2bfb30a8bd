import { int } from '../ir/attribute.ts';
import type { Builder } from '../ir/builder.ts';
import type { Shape } from '../ir/dim.ts';

/**
 * Undoes broadcasting: sums `value` of shape `from` to the shape `to` that was broadcast to it. Symbolic dimensions are taken
 * as equal; only axes that `to` lacks or has at size 1 are summed. A value smaller than `to` is expanded to `like`'s shape.
 */
export function sumTo(build: Builder, value: string, from: Shape, to: Shape, like: string): string {
  const lead = from.length - to.length;
  const smaller = lead < 0 || to.some((dim, axis) => dim !== 1 && from[axis + lead] === 1);
  if (smaller) return build.op('Expand', [value, build.op('Shape', [like])]);
  const axes = from.flatMap((dim, axis) =>
    axis < lead || (to[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return value;
  const list = (items: readonly number[]) => build.constant('int64', [items.length], items);
  if (axes.length === lead) return build.op('ReduceSum', [value, list(axes)], { keepdims: int(0) });
  const summed = build.op('ReduceSum', [value, list(axes)], { keepdims: int(1) });
  return lead === 0
    ? summed
    : build.op('Squeeze', [summed, list(Array.from({ length: lead }, (_, axis) => axis))]);
}
