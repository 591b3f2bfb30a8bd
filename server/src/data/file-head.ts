import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileError } from './data-error.ts';

export interface FileHead {
  readonly bytes: Uint8Array;
  /** Bytes of the whole file. */
  readonly length: number;
}

/** Metadata before what matters in an image or a sound (thumbnails, colour profiles, titles) may take so many bytes. */
const headBytes = 2 ** 18;

/** Reads the first bytes of a file. Errors: `file-missing`, `file-unreadable`. */
export function readHead(path: string): FileHead {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const buffer = Buffer.alloc(headBytes);
    const bytes = buffer.subarray(0, readSync(file, buffer, 0, headBytes, 0));
    return { bytes, length: fstatSync(file).size };
  } catch (error) {
    throw fileError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
