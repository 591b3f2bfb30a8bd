import { resolve } from 'node:path';
import { didYouMean } from '../../base/suggest.ts';
import { dataError } from '../data-error.ts';
import { decodeImages } from '../decode-images.ts';
import { fileHash } from '../file-hash.ts';
import { namedLabels } from '../labels.ts';
import type { Samples } from '../samples.ts';
import type { DataSource } from '../source.ts';
import { tokensOf } from '../text.ts';
import type { ParquetFooter } from './footer.ts';
import { bytesOf, contentOf } from './parquet-facts.ts';
import { openParquet, readParquetColumn } from './parquet-file.ts';

/** Reads the first `size` samples of a Parquet file. Errors: those of `readParquetColumn`, `decodeImages` and `tokensOf`; `data-labels`, `data-nan`. */
export async function readParquet(
  source: DataSource,
  folder: string,
  size: number,
  shape: readonly number[],
): Promise<Samples> {
  const file = resolve(folder, source.images);
  const footer = openParquet(file);
  const content = contentOf(footer, source, file);
  // Numbered by all labels: the first samples alone may lack a class.
  const named =
    source.labels === undefined
      ? undefined
      : namedLabels(labelsOf(footer, source.labels, file), source.classes, file);
  const common = {
    labels: named?.labels.subarray(0, size),
    classNames: named ? named.classNames : source.classes,
  };
  const read = [await fileHash(file), source.labels ?? null, content];
  switch (content.kind) {
    case 'images': {
      const values = readParquetColumn(file, content.column, size);
      const [height, width, channels] = shape as [number, number, 1 | 3];
      const images = values.map((value, row) => ({
        name: `${file}, row ${row}`,
        file,
        read: async () => bytesOf(value, content.column, row, file),
      }));
      const form = { height, width, channels, resize: source.size !== undefined };
      const { data } = await decodeImages(images, form);
      return { ...common, data, content: [...read, shape] };
    }
    case 'texts': {
      const texts = readParquetColumn(file, content.column, size).map((value, row) =>
        Buffer.from(bytesOf(value, content.column, row, file)).toString(),
      );
      const tokens = await tokensOf(texts, size, source, folder, shape[0]!);
      return { ...common, ...tokens, content: [...read, ...tokens.content] };
    }
    case 'numbers': {
      const { columns } = content;
      const data = new Float64Array(size * columns.length);
      for (const [at, column] of columns.entries())
        for (const [row, value] of readParquetColumn(file, column, size).entries()) {
          if (value === undefined)
            throw dataError(
              'data-nan',
              `Row ${row} of '${file}' has no value in column '${column}'.`,
              file,
              'Remove such samples, or replace what is missing.',
            );
          data[row * columns.length + at] = Number(value);
        }
      return { ...common, data, content: read };
    }
  }
}

function labelsOf({ rows, columns }: ParquetFooter, name: string, file: string): readonly string[] {
  const names = columns.map((column) => column.name);
  if (!names.includes(name)) {
    const meant = didYouMean(name, names);
    throw dataError(
      'data-labels',
      `'${file}' has no column '${name}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
      file,
      `Its columns are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' ...' : ''}.`,
    );
  }
  return readParquetColumn(file, name, rows).map((value) =>
    value instanceof Uint8Array
      ? Buffer.from(value).toString().trim()
      : value === undefined
        ? ''
        : String(value),
  );
}
