import { PareError } from '../../base/errors.ts';
import type { Dataset } from '../../data/dataset.ts';

/** Weights that make every class count alike: samples / (classes * samples of the class); 0 for a class without any. */
export async function classWeights(data: Dataset): Promise<readonly number[]> {
  const counts = new Array<number>(data.classes ?? 0).fill(0);
  for await (const { labels } of data.batches(1024)) for (const label of labels ?? []) counts[label]!++;
  const present = counts.filter((count) => count > 0).length;
  if (present === 0)
    throw new PareError('needs-labels', 'Balanced class weights need the class of every sample.');
  return counts.map((count) => (count === 0 ? 0 : data.size / (present * count)));
}
