import { resolve } from 'node:path';
import { unreachable } from '../base/errors.ts';
import type { Shape } from '../ir/dim.ts';
import { readArrayHeader } from './array-file.ts';
import { listClassFolder } from './class-folder.ts';
import { readCsv } from './csv.ts';
import { tooFewRows } from './data-error.ts';
import { readHead } from './file-head.ts';
import { formatOf } from './format.ts';
import { storedImageShape } from './image-folder.ts';
import { countLines } from './jsonl.ts';
import { describeParquet } from './parquet/parquet-facts.ts';
import { fitsShape } from './sample-layout.ts';
import { storedLength } from './sounds.ts';
import type { DataSource } from './source.ts';
import { targetColumns } from './targets.ts';
import { isBuiltIn, usualTokens } from './text-inputs.ts';

/** What the head of a data set says, without reading its samples. */
export interface DatasetFacts {
  /** Samples in the file, before `limit`. */
  readonly samples: number;
  /** Shape of one sample as stored. */
  readonly sampleShape: readonly number[];
  /** Number of labels; undefined when the source names none. */
  readonly labels: number | undefined;
  /** Whether the last axis holds an image's channels, which become as many as the model wants. */
  readonly anyChannels?: true;
  /** Whether samples are brought to the length that the model wants. */
  readonly anyLength?: true;
  /** Whether samples are texts, which a tokenizer turns into numbers. */
  readonly isText?: true;
}

/** What `describeDataset` has to know of a source. */
export type DescribedSource = Pick<
  DataSource,
  'images' | 'labels' | 'inputs' | 'targets' | 'size' | 'length' | 'limit' | 'classes'
> & {
  readonly text?: string | undefined;
  readonly tokenizer?: string | undefined;
};

/**
 * Reads the heads of a data set's array files, its table, the number of its texts, the metadata of a Parquet file, or the names
 * in its folder and the head of its first file; looks whether there is a row of further inputs for each sample, and a tokenizer.
 * Errors: `file-missing`, `file-unreadable`, `data-format`, `data-truncated`, `data-inputs`; of a folder also `data-empty`,
 * `data-labels`. Whether the number of labels fits is for the caller to say.
 */
export function describeDataset(source: DescribedSource, folder: string): DatasetFacts {
  const facts = samplesOf(source, folder);
  for (const [name, path] of Object.entries(source.inputs ?? {})) {
    const file = resolve(folder, path);
    const [rows = 0] = readArrayHeader(file).dims;
    if (rows < facts.samples && rows < (source.limit ?? facts.samples))
      throw tooFewRows('input', name, facts.samples, rows, file);
  }
  const { tokenizer } = source;
  if (facts.isText && tokenizer !== undefined && !isBuiltIn(tokenizer)) readHead(resolve(folder, tokenizer));
  return facts;
}

function samplesOf(source: DescribedSource, folder: string): DatasetFacts {
  const file = resolve(folder, source.images);
  const format = formatOf(file);
  switch (format) {
    case 'images': {
      const { paths } = listClassFolder(source, folder, format);
      const sampleShape = storedImageShape(paths[0]!, source.size);
      return { samples: paths.length, sampleShape, labels: paths.length, anyChannels: true };
    }
    case 'sounds': {
      const { paths } = listClassFolder(source, folder, format);
      const sampleShape = [source.length ?? storedLength(paths[0]!)];
      return { samples: paths.length, sampleShape, labels: paths.length };
    }
    case 'table': {
      const { rows, columns, labels } = readCsv(file, source.labels, targetColumns(source));
      return { samples: rows, sampleShape: [columns.length], labels: labels?.length };
    }
    case 'text': {
      const samples = countLines(file);
      return {
        samples,
        isText: true,
        sampleShape: [source.length ?? usualTokens],
        labels: source.labels === undefined ? undefined : samples,
        ...(source.length === undefined ? { anyLength: true } : {}),
      };
    }
    case 'parquet': {
      const facts = describeParquet(source, file);
      return { ...facts, labels: source.labels === undefined ? undefined : facts.samples };
    }
    case 'array': {
      const [samples, ...sampleShape] = readArrayHeader(file).dims;
      const labels =
        source.labels === undefined ? undefined : readArrayHeader(resolve(folder, source.labels)).dims[0]!;
      return { samples: samples!, sampleShape, labels };
    }
    default:
      return unreachable(format);
  }
}

/**
 * The shape of a sample as it is read for a model that wants `wanted`: images in colour or grey, whichever fits, and texts of
 * its length.
 */
export function readShape(
  { sampleShape, anyChannels, anyLength }: DatasetFacts,
  wanted: Shape | undefined,
): readonly number[] {
  const [length, ...others] = wanted?.filter((dim) => dim !== 1) ?? [];
  if (anyLength && typeof length === 'number' && others.length === 0) return [length];
  if (!anyChannels || !wanted) return sampleShape;
  const candidates = [sampleShape, ...[3, 1].map((channels) => [...sampleShape.slice(0, -1), channels])];
  return candidates.find((candidate) => fitsShape(candidate, wanted)) ?? sampleShape;
}
