import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';

export const scalar = (build: Builder, value: number): string => build.constant('float', [], [value]);

/** Sum over all axes, as a scalar. */
export const sumAll = (build: Builder, value: string): string =>
  build.op('ReduceSum', [value], { keepdims: int(0) });

/** Mean over all axes, as a scalar. */
export const meanAll = (build: Builder, value: string): string =>
  build.op('ReduceMean', [value], { keepdims: int(0) });

/** One over the number of elements, as a float scalar. */
export const inverseSize = (build: Builder, value: string): string =>
  build.op('Reciprocal', [build.op('Cast', [build.op('Size', [value])], { to: int(1) })]);

/** One over the first dimension, as a float scalar. */
export const inverseBatch = (build: Builder, value: string): string =>
  build.op('Reciprocal', [
    build.op('Cast', [build.op('Squeeze', [build.op('Shape', [value], { start: int(0), end: int(1) })])], {
      to: int(1),
    }),
  ]);
