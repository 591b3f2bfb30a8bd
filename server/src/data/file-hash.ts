import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { fileError } from './data-error.ts';

const known = new Map<string, string>();

/** SHA-256 of a file, as hexadecimal text; remembered until the file's size or time of change differs. */
export async function fileHash(path: string): Promise<string> {
  try {
    const { mtimeMs, size } = statSync(path);
    const key = `${path}\0${mtimeMs}\0${size}`;
    const found = known.get(key);
    if (found) return found;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }))
      hash.update(chunk as Uint8Array);
    const made = hash.digest('hex');
    known.set(key, made);
    return made;
  } catch (error) {
    throw fileError(error, path);
  }
}
