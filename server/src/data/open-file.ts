import { openSync } from 'node:fs';
import { fileError } from './data-error.ts';

/** Opens a file for reading; the caller closes it. Errors: `file-missing`, `file-unreadable`. */
export function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw fileError(error, path);
  }
}
