import type { Comparison } from '../protocol/run.ts';

/** So many changed predictions are listed. */
const mostListed = 100;

/** How two models' predictions for the same samples differ. Labels may be absent: then nothing is broken or mended, and label is -1. */
export function comparePredictions(
  before: Int32Array,
  after: Int32Array,
  labels: Int32Array | undefined,
): Comparison {
  const changed: Comparison['changed'][number][] = [];
  let same = 0;
  let broken = 0;
  let mended = 0;
  for (let index = 0; index < before.length; index++) {
    if (before[index] === after[index]) {
      same++;
      continue;
    }
    const label = labels?.[index] ?? -1;
    if (before[index] === label) broken++;
    if (after[index] === label) mended++;
    if (changed.length < mostListed)
      changed.push({ index, label, before: before[index]!, after: after[index]! });
  }
  return {
    agreement: before.length === 0 ? 1 : same / before.length,
    samples: before.length,
    broken,
    mended,
    changed,
  };
}
