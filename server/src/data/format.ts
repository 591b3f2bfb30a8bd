import { isFolder, type Media, mediaIn } from './class-folder.ts';
import { isCsv } from './csv.ts';
import { isJsonl } from './jsonl.ts';
import { isParquet } from './parquet/parquet-file.ts';

/** How samples are kept: `array` is an IDX or NumPy file, media a folder with a folder of files for each class,
 * `text` a file of JSON objects. */
export type DataFormat = 'array' | 'table' | 'text' | 'parquet' | Media;

/** The format of what lies at a path; a file that is missing counts as an array file, whose reader says so. */
export const formatOf = (path: string): DataFormat =>
  isFolder(path)
    ? (mediaIn(path) ?? 'images')
    : isCsv(path)
      ? 'table'
      : isJsonl(path)
        ? 'text'
        : isParquet(path)
          ? 'parquet'
          : 'array';

/** Whether labels are a part of the file itself, a column or a key, rather than a file of their own. */
export const holdsLabels = (path: string): boolean => isCsv(path) || isJsonl(path) || isParquet(path);
