import { resolve } from 'node:path';
import { didYouMean } from '../base/suggest.ts';
import type { Shape } from '../ir/dim.ts';
import type { NdArray } from '../ir/nd-array.ts';
import { readArray, type StoredArray } from './array-file.ts';
import { fileOf } from './byte-source.ts';
import { dataError, tooFewRows } from './data-error.ts';
import { fileHash } from './file-hash.ts';
import { isJsonl } from './jsonl.ts';
import { isParquet } from './parquet/parquet-file.ts';
import { layoutOf } from './sample-layout.ts';
import type { DataSource } from './source.ts';
import { textInputs } from './text-inputs.ts';

/** Inputs of a model by name, with the shape of one sample where the model says it. */
export type WantedInputs = ReadonlyMap<string, Shape | undefined>;

type Named = Pick<DataSource, 'images' | 'inputs'>;

/** The inputs that the source says nothing of. The samples go into the first; more than one are too many. */
export function unnamedInputs(names: Iterable<string>, source: Named): readonly string[] {
  const derived = isJsonl(source.images) || isParquet(source.images) ? textInputs : [];
  return [...names].filter((name) => !(name in (source.inputs ?? {})) && !derived.includes(name));
}

/** Arrays by name with a row for each sample. */
export interface NamedArrays {
  /** Shapes of one sample by the names of the arrays. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Says which arrays were read. */
  readonly content: readonly unknown[];
  readonly read: (indices: readonly number[]) => Readonly<Record<string, NdArray>>;
}

/**
 * Reads the arrays for a model's further inputs, one row a sample. `wanted` has the model's inputs; undefined when there is
 * no model. Errors: those of `readArray`, `data-inputs` for an input that the model does not have and for too few rows,
 * `data-shape`.
 */
export const readFurther = (
  { inputs = {} }: Pick<DataSource, 'inputs'>,
  folder: string,
  size: number,
  wanted: WantedInputs | undefined,
): Promise<NamedArrays> => readArrays(inputs, folder, size, wanted, 'input');

/** As `readFurther`, for arrays by the names of a model's inputs or outputs. */
export async function readArrays(
  files: Readonly<Record<string, string>>,
  folder: string,
  size: number,
  wanted: WantedInputs | undefined,
  what: 'input' | 'output',
): Promise<NamedArrays> {
  const code = what === 'input' ? 'data-inputs' : 'data-targets';
  const shapes: Record<string, readonly number[]> = {};
  const arrays = new Map<string, StoredArray['data']>();
  for (const [name, path] of Object.entries(files)) {
    const file = resolve(folder, path);
    if (wanted && !wanted.has(name)) {
      const meant = didYouMean(name, [...wanted.keys()]);
      throw dataError(
        code,
        `The model has no ${what} '${name}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
        file,
        `Its ${what}s are ${[...wanted.keys()].join(', ')}.`,
      );
    }
    const { dims, data } = await readArray(file, size);
    const [rows = 0, ...stored] = dims;
    if (rows < size) throw tooFewRows(what, name, size, rows, file);
    shapes[name] = layoutOf(stored, wanted?.get(name), 1, file).shape;
    arrays.set(name, data);
  }
  const content = await Promise.all(
    Object.entries(files).map(async ([name, path]) => {
      const file = resolve(folder, path);
      return [name, await fileHash(fileOf(file)), file.slice(fileOf(file).length)];
    }),
  );
  return {
    shapes,
    content,
    read: (indices) =>
      Object.fromEntries([...arrays].map(([name, data]) => [name, rowsOf(data, shapes[name]!, indices)])),
  };
}

/** Rows of an array in double precision: no integer that is a token or a position is rounded. */
function rowsOf(data: StoredArray['data'], shape: readonly number[], indices: readonly number[]): NdArray {
  const each = shape.reduce((a, b) => a * b, 1);
  const rows = new Float64Array(indices.length * each);
  for (const [row, sample] of indices.entries())
    for (let i = 0; i < each; i++) rows[row * each + i] = Number(data[sample * each + i]);
  return { type: 'double', dims: [indices.length, ...shape], data: rows };
}
