import type { NdArray } from '../ir/nd-array.ts';
import { isCsv } from './csv.ts';
import { dataError } from './data-error.ts';
import { type NamedArrays, readArrays } from './further-inputs.ts';
import type { DataSource } from './source.ts';

type WithTargets = Pick<DataSource, 'images' | 'targets'>;

/** Columns of a table that are targets, in order; none for other sources. */
export const targetColumns = ({ images, targets = {} }: WithTargets): readonly string[] =>
  isCsv(images) ? Object.values(targets).flat() : [];

/** Files that targets come from; none for a table, which holds them itself. */
export const targetFiles = ({ images, targets = {} }: WithTargets): Readonly<Record<string, string>> =>
  isCsv(images)
    ? {}
    : Object.fromEntries(
        Object.entries(targets).map(([name, file]) => {
          if (typeof file === 'string') return [name, file];
          throw dataError(
            'data-targets',
            `The targets of '${name}' are a list, which is for columns of a table.`,
            images,
            'Name one file.',
          );
        }),
      );

/** Targets are looked through so many samples at a time. */
const blockSize = 4096;

/**
 * Targets of the first `size` samples: from files, or from the columns of a table, given row after row. Errors: those of
 * `readArrays`; `data-targets`; `data-nan` for a target that is no number.
 */
export async function readTargets(
  source: WithTargets,
  folder: string,
  size: number,
  table: Float64Array | undefined,
): Promise<NamedArrays> {
  const found = table
    ? fromTable(source, table)
    : await readArrays(targetFiles(source), folder, size, undefined, 'output');
  for (let from = 0; from < size; from += blockSize) {
    const indices = Array.from({ length: Math.min(blockSize, size - from) }, (_, i) => from + i);
    for (const [name, { data }] of Object.entries(found.read(indices))) {
      const at = (data as Float64Array).findIndex((value) => !Number.isFinite(value));
      if (at >= 0)
        throw dataError(
          'data-nan',
          `The target of sample ${from + Math.floor((at * indices.length) / data.length)} for the output '${name}' is no number.`,
          source.images,
          'Remove such samples, or replace what is missing.',
        );
    }
  }
  return found;
}

function fromTable(source: WithTargets, table: Float64Array): NamedArrays {
  const all = targetColumns(source).length;
  const shapes: Record<string, readonly number[]> = {};
  const places = new Map<string, number>();
  let at = 0;
  for (const [name, columns] of Object.entries(source.targets ?? {})) {
    places.set(name, at);
    shapes[name] = typeof columns === 'string' ? [] : [columns.length];
    at += typeof columns === 'string' ? 1 : columns.length;
  }
  const columnsOf = (name: string, indices: readonly number[]): NdArray => {
    const [width = 1] = shapes[name]!;
    const place = places.get(name)!;
    const data = new Float64Array(indices.length * width);
    for (const [row, sample] of indices.entries())
      for (let i = 0; i < width; i++) data[row * width + i] = table[sample * all + place + i]!;
    return { type: 'double', dims: [indices.length, ...shapes[name]!], data };
  };
  return {
    shapes,
    content: [source.targets],
    read: (indices) => Object.fromEntries([...places.keys()].map((name) => [name, columnsOf(name, indices)])),
  };
}
