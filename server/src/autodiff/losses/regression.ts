import type { Builder } from '../../ir/builder.ts';
import type { Loss } from './loss.ts';
import { inverseSize, meanAll, scalar } from './shared.ts';

/** A loss of the difference d = output - target, element by element, mean over all elements. */
function ofDifference(
  name: string,
  rule: (build: Builder, d: string) => { readonly value: string; readonly slope: string },
): Loss {
  return {
    name,
    scores: undefined,
    target: ({ shape = [] }) => ({ type: 'float', shape }),
    build: ({ build, output, target }) => {
      const { value, slope } = rule(build, build.op('Sub', [output, target]));
      return {
        loss: meanAll(build, value),
        gradient: build.op('Mul', [slope, inverseSize(build, output)]),
      };
    },
  };
}

/** Mean squared error: d^2. */
export const squaredError = (): Loss =>
  ofDifference('squared-error', (build, d) => ({
    value: build.op('Mul', [d, d]),
    slope: build.op('Mul', [d, scalar(build, 2)]),
  }));

/** Mean absolute error (L1): |d|; its gradient at 0 is 0. */
export const absoluteError = (): Loss =>
  ofDifference('absolute-error', (build, d) => ({
    value: build.op('Abs', [d]),
    slope: build.op('Sign', [d]),
  }));

/** Huber (1964): d^2 / 2 within `delta`, delta (|d| - delta / 2) beyond; its gradient is d clipped to +-delta. */
export const huber = (delta = 1): Loss =>
  ofDifference('huber', (build, d) => {
    const slope = build.op('Clip', [d, scalar(build, -delta), scalar(build, delta)]);
    // c (d - c / 2) with c the clipped difference: d^2 / 2 inside, delta (|d| - delta / 2) outside.
    const inner = build.op('Sub', [d, build.op('Mul', [slope, scalar(build, 0.5)])]);
    return { value: build.op('Mul', [slope, inner]), slope };
  });
