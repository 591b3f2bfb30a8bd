import type { GradientContext } from '../define.ts';
import { type Calculator, calculator } from './calculator.ts';

/** xh = (x - mean) / sqrt(var + epsilon) over axes, and its backward pass. */
export interface Normalized {
  readonly m: Calculator;
  readonly normal: string;
  /** dX from g, the gradient of xh: (g - mean(g) - xh mean(g xh)) / sigma. */
  readonly backward: (g: string) => string;
}

/** Recomputes a normalization over `axes` of `x`; without `centred` the mean stays in (RMS normalization). */
export function renormalize(
  context: Pick<GradientContext, 'build' | 'inputs' | 'types'>,
  x: string,
  axes: readonly number[],
  epsilon: number,
  centred = true,
): Normalized {
  const m = calculator(context);
  const centre = centred ? m.sub(x, m.mean(x, axes)) : x;
  const inverse = m.div(1, m.sqrt(m.add(m.mean(m.mul(centre, centre), axes), epsilon)));
  const normal = m.mul(centre, inverse);
  return {
    m,
    normal,
    backward: (g) => {
      const along = m.mul(normal, m.mean(m.mul(g, normal), axes));
      return m.mul(inverse, m.sub(centred ? m.sub(g, m.mean(g, axes)) : g, along));
    },
  };
}
