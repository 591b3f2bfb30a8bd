import { resolve } from 'node:path';
import { readArray } from './array-file.ts';
import { fileOf } from './byte-source.ts';
import { isCsv, readCsv } from './csv.ts';
import { classLabels, namedLabels } from './labels.ts';
import type { SampleData } from './normalize.ts';
import type { DataSource } from './source.ts';

/** Samples as stored, row after row, with their classes. */
export interface Samples {
  readonly data: SampleData;
  readonly labels: Int32Array | undefined;
  readonly classNames: readonly string[] | undefined;
}

/** Reads the first `size` samples that a source names, and their labels. Errors: those of `openDataset`. */
export async function readSamples(source: DataSource, folder: string, size: number): Promise<Samples> {
  const file = resolve(folder, source.images);
  if (isCsv(file)) {
    const { values, labels, columns } = readCsv(file, source.labels);
    // Numbered by all labels: the first samples alone may lack a class.
    const named = labels && namedLabels(labels, source.classes, file);
    return {
      data: values.subarray(0, size * columns.length),
      labels: named?.labels.subarray(0, size),
      classNames: named ? named.classNames : source.classes,
    };
  }
  const labelFile = source.labels === undefined ? undefined : resolve(folder, source.labels);
  const labels =
    labelFile === undefined
      ? undefined
      : classLabels(await readArray(labelFile, size), source.classes, labelFile);
  const { data } = await readArray(file, size);
  return {
    data:
      data instanceof BigInt64Array || data instanceof BigUint64Array
        ? Float64Array.from(data as BigInt64Array, Number)
        : data,
    labels,
    classNames: source.classes,
  };
}

/** The files that a source's samples and labels come from. */
export function filesOf(source: Pick<DataSource, 'images' | 'labels'>, folder: string): readonly string[] {
  const file = resolve(folder, source.images);
  const labels = source.labels === undefined || isCsv(file) ? [] : [resolve(folder, source.labels)];
  return [...new Set([file, ...labels].map(fileOf))];
}

/** What a source names within its files: members of archives, the column of a table. */
export const partsOf = ({ images, labels }: Pick<DataSource, 'images' | 'labels'>): readonly string[] =>
  [images, labels ?? ''].map((name, index) =>
    index === 1 && isCsv(images) ? name : name.slice(fileOf(name).length),
  );
