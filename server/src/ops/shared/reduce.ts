import type { Dim, Shape } from '../../ir/dim.ts';
import { shapeOf } from '../../ir/value-type.ts';
import type { InferContext } from '../define.ts';
import { axesOf, normalizeAxis } from './axes.ts';

export interface ReduceAttributes {
  readonly axes: readonly number[] | undefined;
  readonly keepdims: number;
  readonly noop_with_empty_axes?: number;
}

/** The axes that a reduction goes over, none of them negative; undefined while they are unknown. */
export function reducedAxes(
  context: InferContext<ReduceAttributes>,
  rank: number,
): readonly number[] | undefined {
  const axes = axesOf(context, 1);
  if (!axes) return undefined;
  if (axes.length > 0) return axes.map((axis) => normalizeAxis(axis, rank, context.fail));
  return context.attributes.noop_with_empty_axes ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

/** The shape of what a reduction leaves; undefined while rank or axes are unknown. */
export function reducedShape(context: InferContext<ReduceAttributes>): Shape | undefined {
  const shape = shapeOf(context.inputs[0]);
  const axes = shape && reducedAxes(context, shape.length);
  const { keepdims } = context.attributes;
  if (axes) return without(shape, axes, keepdims !== 0);
  return shape && keepdims ? shape.map(() => '?') : undefined;
}

/** A shape whose axes have become 1, or have gone. */
export const without = (shape: Shape, axes: readonly number[], keep: boolean): Shape =>
  shape.flatMap<Dim>((dim, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [dim]));
