import { resolve } from 'node:path';
import { readArrayHeader } from './array-file.ts';
import { isCsv, readCsv } from './csv.ts';
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
 * Reads the heads of a data set's array files, or its table. Errors: `file-missing`, `file-unreadable`, `data-format`, `data-truncated`. Whether
 * the number of labels fits is for the caller to say.
 */
export function describeDataset(source: Pick<DataSource, 'images' | 'labels'>, folder: string): DatasetFacts {
  const file = resolve(folder, source.images);
  if (isCsv(file)) {
    const { rows, columns, labels } = readCsv(file, source.labels);
    return { samples: rows, sampleShape: [columns.length], labels: labels?.length };
  }
  const [samples, ...sampleShape] = readArrayHeader(file).dims;
  return {
    samples: samples!,
    sampleShape,
    labels:
      source.labels === undefined ? undefined : readArrayHeader(resolve(folder, source.labels)).dims[0]!,
  };
}
