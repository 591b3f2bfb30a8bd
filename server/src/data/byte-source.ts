import { closeSync, createReadStream, fstatSync, readSync } from 'node:fs';
import {
  constants,
  createGunzip,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  type ZlibOptions,
} from 'node:zlib';
import { dataError, fileError } from './data-error.ts';
import { openFile } from './open-file.ts';
import { isZip, zipEntry } from './zip.ts';

/** Bytes of a file: as they are, decompressed, or those of one member of a zip file (`samples.npz#x_test`). */
export interface ByteSource {
  /** As the user wrote it, for messages. */
  readonly name: string;
  readonly path: string;
  readonly coding: 'plain' | 'gzip' | 'deflate';
  /** Where the bytes, coded or not, lie in the file. */
  readonly start: number;
  readonly length: number;
  /** The first decoded bytes. */
  readonly head: Uint8Array;
}

/** The headers of array files lie within so many coded bytes. */
const headBytes = 2 ** 14;
/** No deflate stream grows by more than this. */
const largestExpansion = 1032;

/** The file's own path, without the name of a member. */
export const fileOf = (name: string): string => /^(.*\.npz)#[^#/\\]+$/i.exec(name)?.[1] ?? name;

/** Looks at the head of a file. Errors: `file-missing`, `file-unreadable`, `data-format`. */
export function openSource(name: string): ByteSource {
  const path = fileOf(name);
  const file = openFile(path);
  try {
    const read = (from: number, length: number) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(file, buffer, 0, length, from));
    };
    const { size } = fstatSync(file);
    const first = read(0, headBytes);
    if (isZip(first)) {
      const entry = zipEntry(read, size, name, path === name ? undefined : name.slice(path.length + 1));
      const coded = read(entry.start, Math.min(headBytes, entry.length));
      const head = entry.coding === 'plain' ? coded : decodeHead(coded, inflateRawSync, name);
      return { name, path, ...entry, head };
    }
    const zipped = first[0] === 0x1f && first[1] === 0x8b;
    return {
      name,
      path,
      coding: zipped ? 'gzip' : 'plain',
      start: 0,
      length: size,
      head: zipped ? decodeHead(first, gunzipSync, name) : first,
    };
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, path) : error;
  } finally {
    closeSync(file);
  }
}

/** No more than so many decoded bytes can come. */
export const mostBytes = ({ coding, length }: ByteSource): number =>
  coding === 'plain' ? length : length * largestExpansion;

/**
 * Copies the decoded bytes from `offset` into `target`; returns how many there were, up to its length. Errors:
 * `file-unreadable`, `data-format`.
 */
export async function fill(target: Uint8Array, offset: number, source: ByteSource): Promise<number> {
  const { path, name, coding, start, length } = source;
  const end = offset + target.byteLength;
  const file = createReadStream(path, {
    highWaterMark: 2 ** 20,
    start,
    // Inclusive.
    end: start + Math.max(1, coding === 'plain' ? Math.min(length, end + 1) : length) - 1,
  });
  const decoder =
    coding === 'gzip'
      ? createGunzip({ chunkSize: 2 ** 18 })
      : coding === 'deflate'
        ? createInflateRaw({ chunkSize: 2 ** 18 })
        : undefined;
  if (decoder) file.on('error', (error) => decoder.destroy(error));
  let at = 0;
  try {
    for await (const chunk of (decoder ? file.pipe(decoder) : file) as AsyncIterable<Uint8Array>) {
      const from = Math.max(0, offset - at);
      const wanted = chunk.subarray(from, Math.max(from, end - at));
      if (wanted.byteLength > 0) target.set(wanted, at + from - offset);
      at += chunk.byteLength;
      // Not at the exact end: gzip checks its sum there.
      if (at > end) break;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return Math.max(0, Math.min(at, end - 1) - offset);
    throw code?.startsWith('Z_') ? damaged(name, error) : fileError(error, path);
  } finally {
    file.destroy();
  }
  return Math.max(0, Math.min(at, end) - offset);
}

function decodeHead(
  coded: Uint8Array,
  decode: (bytes: Uint8Array, options: ZlibOptions) => Uint8Array,
  name: string,
): Uint8Array {
  try {
    return decode(coded, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: headBytes * largestExpansion,
    });
  } catch (error) {
    throw damaged(name, error);
  }
}

const damaged = (name: string, error: unknown) =>
  dataError(
    'data-format',
    `'${name}' is damaged: its decompression says '${(error as Error).message}'.`,
    name,
    'Copy or download the file again.',
    error,
  );
