import type { Range } from './parameters.ts';

/** How often a value lies in each of equally wide parts of its range. */
export interface Histogram {
  readonly range: Range;
  readonly counts: Float64Array;
}

/** Wide enough for 128 levels to be told apart, and 16 KB a value. */
const bins = 2048;

export function createHistogram(range: Range): Histogram {
  return { range, counts: new Float64Array(bins) };
}

/** Counts numbers. Those outside of the range, which a first look at the same data rules out, count at its ends. */
export function count({ range: { min, max }, counts }: Histogram, values: ArrayLike<number>): void {
  const perUnit = max > min ? bins / (max - min) : 0;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i]! - min) * perUnit);
    counts[bin < 0 ? 0 : bin >= bins ? bins - 1 : bin]!++;
  }
}

const centre = ({ min, max }: Range, bin: number): number => min + ((bin + 0.5) * (max - min)) / bins;
const edge = ({ min, max }: Range, bin: number): number => min + (bin * (max - min)) / bins;

/** The range without the outermost values: `share` of all lies inside, and half of the rest is cut off at each end. */
export function percentileRange({ range, counts }: Histogram, share: number): Range {
  const total = counts.reduce((a, b) => a + b, 0);
  const cut = ((1 - share) / 2) * total;
  let [low, high] = [0, bins];
  for (let sum = counts[low]!; low < bins - 1 && sum <= cut; sum += counts[++low]!);
  for (let sum = counts[high - 1]!; high > 1 && sum <= cut; sum += counts[--high - 1]!);
  return low < high ? { min: edge(range, low), max: edge(range, high) } : range;
}

/**
 * The range with the least mean squared error of rounding and clipping to 256 levels, among ranges that shrink towards zero
 * in steps of 1 %.
 */
export function leastErrorRange({ range, counts }: Histogram): Range {
  let best = range;
  let least = Number.POSITIVE_INFINITY;
  for (let percent = 100; percent >= 20; percent--) {
    const candidate = { min: (range.min * percent) / 100, max: (range.max * percent) / 100 };
    const [min, max] = [Math.min(0, candidate.min), Math.max(0, candidate.max)];
    const scale = (max - min) / 255;
    let error = 0;
    for (let bin = 0; bin < bins; bin++) {
      if (counts[bin] === 0) continue;
      const value = centre(range, bin);
      const stored = Math.max(min, Math.min(max, value));
      // Within the range rounding is uniform over a step: its mean square is scale^2 / 12.
      error += counts[bin]! * ((value - stored) ** 2 + scale ** 2 / 12);
    }
    if (error < least) [best, least] = [candidate, error];
  }
  return best;
}

/**
 * The range whose 8-bit form loses the least information, by Kullback-Leibler divergence (Migacz, "8-bit Inference with
 * TensorRT", 2017). Values of both signs are cut at the same magnitude on both sides.
 */
export function entropyRange(histogram: Histogram): Range {
  const { range } = histogram;
  const isOneSided = range.min >= 0 || range.max <= 0;
  const levels = isOneSided ? 256 : 128;
  const magnitudes = magnitudeCounts(histogram);
  const width = Math.max(-range.min, range.max) / bins;
  let best = bins;
  let least = Number.POSITIVE_INFINITY;
  for (let kept = levels; kept <= bins; kept += 8) {
    const divergence = klDivergence(magnitudes, kept, levels);
    if (divergence < least) [best, least] = [kept, divergence];
  }
  const limit = best * width;
  return { min: Math.max(range.min, -limit), max: Math.min(range.max, limit) };
}

/** Counts by distance from zero, in as many bins. */
function magnitudeCounts({ range, counts }: Histogram): Float64Array {
  const largest = Math.max(-range.min, range.max);
  const result = new Float64Array(bins);
  for (let bin = 0; bin < bins; bin++) {
    const at = Math.floor((Math.abs(centre(range, bin)) / largest) * bins);
    result[Math.min(bins - 1, at)]! += counts[bin]!;
  }
  // Zeros, of which a Relu makes half of all values, are exact in every range and would outweigh the rest.
  result[0] = result[1]!;
  return result;
}

/** Divergence of the first `kept` bins, the rest counted in the last of them, from themselves merged into `levels`. */
function klDivergence(counts: Float64Array, kept: number, levels: number): number {
  let outside = 0;
  for (let bin = kept; bin < bins; bin++) outside += counts[bin]!;
  let total = outside;
  for (let bin = 0; bin < kept; bin++) total += counts[bin]!;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor((level * kept) / levels), Math.floor(((level + 1) * kept) / levels)];
    let [sum, filled] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      sum += counts[bin]!;
      if (counts[bin]! > 0 || (bin === kept - 1 && outside > 0)) filled++;
    }
    for (let bin = from; bin < to; bin++) {
      const p = counts[bin]! + (bin === kept - 1 ? outside : 0);
      if (p === 0) continue;
      // The merged distribution spreads a level's sum over its bins that hold anything.
      const q = Math.max(sum / filled, 1e-9);
      divergence += (p / total) * Math.log(p / q);
    }
  }
  // The merged distribution misses what is outside: normalized, each q grows by total / (total - outside).
  return divergence - Math.log(total / Math.max(1e-9, total - outside));
}
