import { createRng } from '../base/rng.ts';
import { ascending, median, quantile } from './quantile.ts';

/** The 95 % percentile bootstrap interval of the median (Efron, 1979). The same values give the same interval. */
export function medianInterval(
  values: readonly number[],
  resamples = 1000,
): { readonly low: number; readonly high: number } {
  const rng = createRng(1);
  const medians = ascending(
    Array.from({ length: resamples }, () =>
      median(Array.from(values, () => values[rng.integer(values.length)]!)),
    ),
  );
  return { low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}
