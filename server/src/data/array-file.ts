import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { fromFloat16 } from '../base/float16.ts';
import type { NumericArray } from '../ir/tensor.ts';
import { dataError, fileError } from './data-error.ts';
import { idxHeader, isIdx } from './idx.ts';
import { isNpy, npyHeader } from './npy.ts';

/** What the head of an array file says of the rest. */
export interface ArrayHeader {
  readonly type: ArrayType;
  readonly dims: readonly number[];
  readonly bigEndian: boolean;
  /** Where the elements start, in the decompressed file. */
  readonly offset: number;
}

export type ArrayType = keyof typeof arrayTypes;

/** The elements of an array file, row after row; 16-bit floats come as 32-bit ones. */
export interface StoredArray {
  readonly dims: readonly number[];
  readonly data: NumericArray;
}

const arrayTypes = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  float: Float32Array,
  double: Float64Array,
} as const;

const elementBytes = (type: ArrayType): number => arrayTypes[type].BYTES_PER_ELEMENT;
const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** A header lies within so many bytes of the file; deflate makes them at most 16 MiB. */
const headBytes = 2 ** 14;
/** No deflate stream grows by more than this. */
const largestExpansion = 1032;

/**
 * Reads the header of an IDX or NumPy file, gzip or not, and nothing after it. Errors: `file-missing`, `file-unreadable`,
 * `data-format`, and `data-truncated` when the file is too short for what its header promises.
 */
export function readArrayHeader(path: string): ArrayHeader {
  const { head, size, zipped } = readHead(path);
  const header = isIdx(head)
    ? idxHeader(head, path)
    : isNpy(head)
      ? npyHeader(head, path)
      : notAnArray(path, head);
  const promised = header.offset + product(header.dims) * elementBytes(header.type);
  const possible = zipped ? size * largestExpansion : size;
  if (!(promised <= possible)) throw truncated(path, header, zipped ? undefined : size);
  return header;
}

/**
 * Reads the first `rows` rows (all by default) of an IDX or NumPy file. Reading stops at what the header promises, however
 * much a compressed file holds. Errors: those of `readArrayHeader`, `data-too-large`.
 */
export async function readArray(path: string, rows = Number.POSITIVE_INFINITY): Promise<StoredArray> {
  const header = readArrayHeader(path);
  const dims = [Math.min(header.dims[0]!, rows), ...header.dims.slice(1)];
  const bytes = allocate(product(dims) * elementBytes(header.type), path);
  const read = await fill(bytes, header.offset, path);
  if (read < bytes.byteLength) throw truncated(path, header, header.offset + read);
  return { dims, data: decode(bytes, header) };
}

function readHead(path: string) {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const buffer = Buffer.alloc(headBytes);
    const raw = buffer.subarray(0, readSync(file, buffer, 0, headBytes, 0));
    const { size } = fstatSync(file);
    const zipped = isGzip(raw);
    return { head: zipped ? unzipHead(raw, path) : raw, size, zipped };
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? fileError(error, path) : error;
  } finally {
    closeSync(file);
  }
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

function unzipHead(raw: Uint8Array, path: string): Uint8Array {
  try {
    return gunzipSync(raw, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: headBytes * largestExpansion,
    });
  } catch (error) {
    throw damagedGzip(path, error);
  }
}

function allocate(length: number, path: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw dataError(
      'data-too-large',
      `'${path}' holds ${length} bytes of samples, more than this process can have in memory.`,
      path,
      'Use only the first samples (`limit:`).',
      error,
    );
  }
}

/** Copies the file's decompressed bytes from `offset` into `target`; returns how many there were, up to its length. */
async function fill(target: Uint8Array, offset: number, path: string): Promise<number> {
  const { zipped } = readHead(path);
  const end = offset + target.byteLength;
  const file = createReadStream(path, { highWaterMark: 2 ** 20, ...(zipped || end === 0 ? {} : { end }) });
  const stream = zipped ? file.pipe(createGunzip({ chunkSize: 2 ** 18 })) : file;
  if (stream !== file) file.on('error', (error) => stream.destroy(error));
  let at = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const start = Math.max(0, offset - at);
      const wanted = chunk.subarray(start, Math.max(start, end - at));
      if (wanted.byteLength > 0) target.set(wanted, at + start - offset);
      at += chunk.byteLength;
      // Not at the exact end: gzip checks its sum there.
      if (at > end) break;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return Math.max(0, Math.min(at, end - 1) - offset);
    throw code?.startsWith('Z_') ? damagedGzip(path, error) : fileError(error, path);
  } finally {
    file.destroy();
  }
  return Math.max(0, Math.min(at, end) - offset);
}

function decode(bytes: Uint8Array, { type, bigEndian }: ArrayHeader): NumericArray {
  const width = elementBytes(type);
  if (bigEndian && width > 1) {
    const buffer = Buffer.from(bytes.buffer);
    if (width === 2) buffer.swap16();
    else if (width === 4) buffer.swap32();
    else buffer.swap64();
  }
  const values = new arrayTypes[type](bytes.buffer as ArrayBuffer);
  return type === 'float16' ? Float32Array.from(values as Uint16Array, fromFloat16) : values;
}

function notAnArray(path: string, head: Uint8Array): never {
  throw dataError(
    'data-format',
    head.byteLength === 0
      ? `'${path}' is empty.`
      : `'${path}' is neither an IDX file nor a NumPy array: it starts with ${Buffer.from(head.subarray(0, 4)).toString('hex')}.`,
    path,
    'Give an IDX file (`*-ubyte`, gzip or not) or a file that `numpy.save` wrote.',
  );
}

function truncated(path: string, { dims, type }: ArrayHeader, has: number | undefined) {
  const needed = product(dims) * elementBytes(type);
  return dataError(
    'data-truncated',
    `'${path}' is cut off: its header promises ${type}[${dims.join(', ')}], ${needed} bytes, ${
      has === undefined ? 'more than the file can hold' : `and the file ends after ${has}`
    }.`,
    path,
    'Copy or download the file again.',
  );
}

const damagedGzip = (path: string, error: unknown) =>
  dataError(
    'data-format',
    `'${path}' is damaged: gzip says '${(error as Error).message}'.`,
    path,
    'Copy or download the file again.',
    error,
  );
