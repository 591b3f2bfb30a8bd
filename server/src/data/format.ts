import { isFolder } from './class-folder.ts';
import { isCsv } from './csv.ts';

/** How samples are kept: `array` is an IDX or NumPy file, `images` a folder with a folder of images for each class. */
export type DataFormat = 'array' | 'table' | 'images';

/** The format of what lies at a path; a file that is missing counts as an array file, whose reader says so. */
export const formatOf = (path: string): DataFormat =>
  isFolder(path) ? 'images' : isCsv(path) ? 'table' : 'array';
