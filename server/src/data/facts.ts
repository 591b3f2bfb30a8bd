import { resolve } from 'node:path';
import { readArrayHeader } from './array-file.ts';
import type { DataSource } from './source.ts';

/** What the head of a data set says, without reading its samples. */
export interface DatasetFacts {
  /** Samples in the file, before `limit`. */
  readonly samples: number;
  /** Shape of one sample as stored. */
  readonly sampleShape: readonly number[];
  /** Number of labels; undefined when the source names none. */
  readonly labels: number | undefined;
}

/**
 * Reads the heads of a data set's files. Errors: `file-missing`, `file-unreadable`, `data-format`, `data-truncated`. Whether
 * the number of labels fits is for the caller to say.
 */
export function describeDataset(source: Pick<DataSource, 'images' | 'labels'>, folder: string): DatasetFacts {
  const [samples, ...sampleShape] = readArrayHeader(resolve(folder, source.images)).dims;
  return {
    samples: samples!,
    sampleShape,
    labels:
      source.labels === undefined ? undefined : readArrayHeader(resolve(folder, source.labels)).dims[0]!,
  };
}
