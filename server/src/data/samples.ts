import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { unreachable } from '../base/errors.ts';
import { readArray } from './array-file.ts';
import { listClassFolder, type Media } from './class-folder.ts';
import { readCsv } from './csv.ts';
import { decodeImages, imageFile } from './decode-images.ts';
import { fileHash } from './file-hash.ts';
import { filesOf, partsOf } from './files.ts';
import { formatOf } from './format.ts';
import { readJsonl } from './jsonl.ts';
import { classLabels, namedLabels } from './labels.ts';
import type { SampleData } from './normalize.ts';
import { readParquet } from './parquet/parquet-samples.ts';
import { decodeSounds } from './sounds.ts';
import type { DataSource } from './source.ts';
import { targetColumns } from './targets.ts';
import { tokensOf } from './text.ts';

/** Samples as stored, row after row, with their classes. */
export interface Samples {
  readonly data: SampleData;
  /** Of texts: tokens of each sample that are no padding. */
  readonly lengths?: Int32Array;
  readonly labels: Int32Array | undefined;
  readonly classNames: readonly string[] | undefined;
  /** The columns of a table that are targets, row after row; undefined for other sources. */
  readonly targets?: Float64Array;
  /** Says which files were read, by their content, and which parts of them. */
  readonly content: unknown;
}

/**
 * Reads the first `size` samples that a source names, each of `shape`, and their labels. Errors: those of `openDataset`.
 */
export async function readSamples(
  source: DataSource,
  folder: string,
  size: number,
  shape: readonly number[],
): Promise<Samples> {
  const file = resolve(folder, source.images);
  const format = formatOf(file);
  switch (format) {
    case 'images':
    case 'sounds':
      return readFolder(format, source, folder, size, shape);
    case 'table': {
      const { values, labels, columns, apart } = readCsv(file, source.labels, targetColumns(source));
      // Numbered by all labels: the first samples alone may lack a class.
      const named = labels && namedLabels(labels, source.classes, file);
      return {
        data: values.subarray(0, size * columns.length),
        labels: named?.labels.subarray(0, size),
        classNames: named ? named.classNames : source.classes,
        targets: apart,
        content: await contentOf(source, folder),
      };
    }
    case 'text': {
      const { texts, labels } = readJsonl(file, source.text, source.labels);
      const named = labels && namedLabels(labels, source.classes, file);
      const { content, ...tokens } = await tokensOf(texts, size, source, folder, shape[0]!);
      return {
        ...tokens,
        labels: named?.labels.subarray(0, size),
        classNames: named ? named.classNames : source.classes,
        content: [await fileHash(file), source.labels ?? null, ...content],
      };
    }
    case 'parquet':
      return readParquet(source, folder, size, shape);
    case 'array': {
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
        content: await contentOf(source, folder),
      };
    }
    default:
      return unreachable(format);
  }
}

async function readFolder(
  kind: Media,
  source: DataSource,
  folder: string,
  size: number,
  shape: readonly number[],
): Promise<Samples> {
  const listed = listClassFolder(source, folder, kind);
  const paths = listed.paths.slice(0, size);
  const [first, width, channels] = shape as [number, number, 1 | 3];
  const { data, hashes } =
    kind === 'sounds'
      ? await decodeSounds(paths, first, source.length !== undefined)
      : await decodeImages(paths.map(imageFile), {
          height: first,
          width,
          channels,
          resize: source.size !== undefined,
        });
  const hash = createHash('sha256');
  for (const [index, file] of listed.files.slice(0, size).entries())
    hash.update(`${file}\0${hashes[index]}\n`);
  return {
    data,
    labels: listed.labels.subarray(0, size),
    classNames: listed.classNames,
    content: [kind, hash.digest('hex'), shape, listed.classNames],
  };
}

const contentOf = async (source: DataSource, folder: string): Promise<unknown> => [
  await Promise.all(filesOf({ images: source.images, labels: source.labels }, folder).map(fileHash)),
  partsOf(source),
];
