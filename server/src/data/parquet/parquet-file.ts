import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PareError } from '../../base/errors.ts';
import { didYouMean } from '../../base/suggest.ts';
import { dataError, fileError } from '../data-error.ts';
import { type ParquetColumn, type ParquetFooter, readFooter } from './footer.ts';
import { type ParquetValue, readChunk } from './pages.ts';

export const isParquet = (path: string): boolean => /\.parquet$/i.test(path);

const magic = 'PAR1';
const largestFooter = 2 ** 26;
/** Coded bytes that are read for the first value alone: pages are smaller. */
const headBytes = 2 ** 25;
/** More rows than this do not fit into memory as samples. */
const mostRows = 2 ** 26;

/** Reads the metadata at the end of a Parquet file. Errors: `file-missing`, `file-unreadable`, `data-format`, `data-too-large`. */
export const openParquet = (path: string): ParquetFooter =>
  withFile(path, (read, size) => footerOf(read, size, path));

/**
 * The first `rows` values of a column. Errors: those of `openParquet`; `data-format` names the column when it is not there,
 * holds lists, or is written in a way that is not read.
 */
export const readParquetColumn = (path: string, name: string, rows: number): readonly ParquetValue[] =>
  withFile(path, (read, size) => {
    const { columns, groups } = footerOf(read, size, path);
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) throw noColumn(path, name, columns);
    if (column.repeated)
      throw dataError(
        'data-format',
        `The column '${name}' of '${path}' holds lists.`,
        path,
        'Save such samples with `numpy.save`.',
      );
    const values: ParquetValue[] = [];
    for (const group of groups) {
      if (values.length >= rows) break;
      const chunk = group.chunks.get(name);
      if (!chunk || chunk.values !== group.rows) throw new RangeError(`the column '${name}' lacks rows`);
      const length = rows === 1 ? Math.min(chunk.length, headBytes) : chunk.length;
      for (const value of readChunk(read(chunk.start, length), chunk, column, rows - values.length))
        values.push(value);
    }
    return values;
  });

type Read = (from: number, length: number) => Uint8Array;

function withFile<T>(path: string, use: (read: Read, size: number) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const descriptor = file;
    const read: Read = (from, length) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, from));
    };
    return use(read, fstatSync(file).size);
  } catch (error) {
    if (error instanceof PareError) throw error;
    if (error instanceof Error && 'syscall' in error) throw fileError(error, path);
    throw dataError(
      'data-format',
      `'${path}' cannot be read as Parquet: ${(error as Error).message}.`,
      path,
      'Download it again, or write it anew with `pandas` or `pyarrow` (compression: snappy).',
      error,
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function footerOf(read: Read, size: number, path: string): ParquetFooter {
  const tail = Buffer.from(size < 12 ? [] : read(size - 8, 8));
  const length = tail.byteLength === 8 ? tail.readUInt32LE(0) : 0;
  if (tail.toString('latin1', 4) !== magic) throw new RangeError('it does not end as such files do');
  if (length > Math.min(largestFooter, size - 12)) throw new RangeError(`its metadata have ${length} bytes`);
  const footer = readFooter(read(size - 8 - length, length), size);
  if (footer.rows > mostRows)
    throw dataError(
      'data-too-large',
      `'${path}' has ${footer.rows} rows; ${mostRows} may be.`,
      path,
      'Use a part of it.',
    );
  return footer;
}

function noColumn(path: string, name: string, columns: readonly ParquetColumn[]): PareError {
  const names = columns.map((column) => column.name);
  const meant = didYouMean(name, names);
  return dataError(
    'data-format',
    `'${path}' has no column '${name}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
    path,
    `Its columns are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' ...' : ''}.`,
  );
}
