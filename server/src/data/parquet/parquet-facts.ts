import { dataError } from '../data-error.ts';
import type { DatasetFacts } from '../facts.ts';
import { imageShape } from '../image-folder.ts';
import type { DataSource } from '../source.ts';
import { usualTokens } from '../text-inputs.ts';
import type { ParquetColumn, ParquetFooter } from './footer.ts';
import type { ParquetValue } from './pages.ts';
import { openParquet, readParquetColumn } from './parquet-file.ts';

/** What the samples of a file are: coded images, texts, or the numbers of a row. */
type Content =
  | { readonly kind: 'images' | 'texts'; readonly column: string }
  | { readonly kind: 'numbers'; readonly columns: readonly string[] };

type Described = Pick<DataSource, 'labels' | 'size' | 'length'> & { readonly text?: string | undefined };

/**
 * The facts of a Parquet file, from its metadata and the head of its first image. Errors: those of `openParquet`;
 * `data-format` when no column can be a sample.
 */
export function describeParquet(source: Described, file: string): Omit<DatasetFacts, 'labels'> {
  const footer = openParquet(file);
  const content = contentOf(footer, source, file);
  switch (content.kind) {
    case 'images': {
      const [first] = footer.rows > 0 ? readParquetColumn(file, content.column, 1) : [];
      const shape = imageShape(bytesOf(first, content.column, 0, file), file, source.size);
      return { samples: footer.rows, sampleShape: shape, anyChannels: true };
    }
    case 'texts':
      return {
        samples: footer.rows,
        isText: true,
        sampleShape: [source.length ?? usualTokens],
        ...(source.length === undefined ? { anyLength: true } : {}),
      };
    case 'numbers':
      return { samples: footer.rows, sampleShape: [content.columns.length] };
  }
}

/** Which columns are the samples: coded images before texts before numbers. Throws `data-format` when none can be. */
export function contentOf({ columns }: ParquetFooter, source: Described, file: string): Content {
  const single = columns.filter(({ repeated, name }) => !repeated && name !== source.labels);
  const coded = single.find(({ name, type }) => type === 'bytes' && name.endsWith('.bytes'));
  if (coded) return { kind: 'images', column: coded.name };
  const text = single.find(({ name, type }) => type === 'bytes' && name === (source.text ?? 'text'));
  if (text) return { kind: 'texts', column: text.name };
  const numbers = single.filter(isNumeric).map(({ name }) => name);
  if (numbers.length > 0) return { kind: 'numbers', columns: numbers };
  throw dataError(
    'data-format',
    `'${file}' has no column of images, texts or numbers.`,
    file,
    `Its columns are ${columns
      .slice(0, 20)
      .map(({ name }) => name)
      .join(
        ', ',
      )}. Images are bytes in a column such as 'image.bytes'; name the column of texts with \`text:\`.`,
  );
}

const isNumeric = ({ type }: ParquetColumn): boolean =>
  type === 'int32' || type === 'int64' || type === 'float' || type === 'double' || type === 'boolean';

/** A value that is bytes, and there. Throws `data-format`. */
export function bytesOf(value: ParquetValue, column: string, row: number, file: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw dataError(
    'data-format',
    `Row ${row} of '${file}' has nothing in column '${column}'.`,
    file,
    'Remove such rows, or store the images within the file.',
  );
}
