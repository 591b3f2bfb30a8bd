import { ints } from '../../ir/attribute.ts';
import type { GradientContext } from '../define.ts';
import { calculator } from './calculator.ts';
import { adjointPadding, type FixedWindow } from './window.ts';

export interface WindowGeometry {
  readonly spatial: readonly number[];
  readonly output: readonly number[];
  readonly window: FixedWindow;
}

/**
 * The adjoint of summing every window of an image batch: each of `shares`, one a window, is added to all elements of its
 * window. A transposed convolution with ones, channel by channel; the result has the shape of input 0.
 */
export function spreadWindows(
  context: Pick<GradientContext, 'build' | 'inputs' | 'types'>,
  shares: string,
  { spatial, output, window }: WindowGeometry,
): string {
  const { build, inputs, types } = context;
  const m = calculator(context);
  const { type } = types(inputs[0]!);
  const { pads, outputPadding } = adjointPadding(spatial, output, window);
  const size = window.kernel.reduce((a, b) => a * b, 1);
  const ones = build.constant(type, [1, 1, ...window.kernel], new Float32Array(size).fill(1));
  const spread = build.op('ConvTranspose', [m.reshape(shares, [-1, 1, ...output]), ones], {
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints(pads),
    output_padding: ints(outputPadding),
  });
  return m.reshapeLike(spread, inputs[0]!);
}
