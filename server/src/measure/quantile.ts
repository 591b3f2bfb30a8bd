/** The value below which the share `q` of `sorted` lies, linear between two of them (Hyndman and Fan's type 7). NaN without values. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  return low + ((sorted[below + 1] ?? low) - low) * (at - below);
}

export const ascending = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort();
export const median = (values: Iterable<number>): number => quantile(ascending(values), 0.5);
