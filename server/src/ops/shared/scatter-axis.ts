import { int, ints, text } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { DataType } from '../../ir/data-type.ts';
import { int64List, zeros } from './shape-values.ts';

interface Target {
  readonly type: DataType;
  readonly axis: number;
  /** Size of the axis in the result: a number, or the name of an int64 list of one element. */
  readonly size: number | string;
  /** Rank of the result and of the indices. */
  readonly rank: number;
  readonly indexRank: number;
}

/**
 * The transpose of Gather(axis): adds the slices of `values` into zeros at `indices` of `axis`. Repeated and negative
 * indices are right.
 */
export function scatterAxis(build: Builder, values: string, indices: string, target: Target): string {
  const { type, axis, size, rank, indexRank } = target;
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  // Indexed axes first: that is what ScatterND adds to.
  const forward = [
    ...range(axis, axis + indexRank),
    ...range(0, axis),
    ...range(axis + indexRank, rank - 1 + indexRank),
  ];
  const moved = axis === 0 ? values : build.op('Transpose', [values], { perm: ints(forward) });
  const rest = build.op('Shape', [moved], { start: int(indexRank) });
  const shape = build.op('Concat', [typeof size === 'number' ? int64List(build, [size]) : size, rest], {
    axis: int(0),
  });
  const added = build.op(
    'ScatterND',
    [zeros(build, type, shape), build.op('Unsqueeze', [indices, int64List(build, [-1])]), moved],
    { reduction: text('add') },
  );
  if (axis === 0) return added;
  const back = [...range(1, axis + 1), 0, ...range(axis + 1, rank)];
  return build.op('Transpose', [added], { perm: ints(back) });
}
