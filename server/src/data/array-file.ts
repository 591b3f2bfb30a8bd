import { fromFloat16 } from '../base/float16.ts';
import type { NumericArray } from '../ir/tensor.ts';
import { type ByteSource, fill, mostBytes, openSource } from './byte-source.ts';
import { dataError } from './data-error.ts';
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

/**
 * Reads the header of an IDX or NumPy file, gzip or not, or of an array in a NumPy archive (`file.npz#name`), and nothing
 * after it. Errors: `file-missing`, `file-unreadable`, `data-format`, and `data-truncated` when the file is too short for
 * what its header promises.
 */
export const readArrayHeader = (name: string): ArrayHeader => headerOf(openSource(name));

/**
 * Reads the first `rows` rows (all by default) of an array file. Reading stops at what the header promises, however much a
 * compressed file holds. Errors: those of `readArrayHeader`, `data-too-large`.
 */
export async function readArray(name: string, rows = Number.POSITIVE_INFINITY): Promise<StoredArray> {
  const source = openSource(name);
  const header = headerOf(source);
  const dims = [Math.min(header.dims[0]!, rows), ...header.dims.slice(1)];
  const bytes = allocate(product(dims) * elementBytes(header.type), name);
  const read = await fill(bytes, header.offset, source);
  if (read < bytes.byteLength) throw truncated(name, header, header.offset + read);
  return { dims, data: decode(bytes, header) };
}

function headerOf(source: ByteSource): ArrayHeader {
  const { name, head, coding, length } = source;
  const header = isIdx(head)
    ? idxHeader(head, name)
    : isNpy(head)
      ? npyHeader(head, name)
      : notAnArray(name, head);
  const promised = header.offset + product(header.dims) * elementBytes(header.type);
  if (!(promised <= mostBytes(source)))
    throw truncated(name, header, coding === 'plain' ? length : undefined);
  return header;
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
    'Give an IDX file (`*-ubyte`, gzip or not), a file that `numpy.save` or `numpy.savez` wrote, a table that is named `.csv` or `.tsv`, or texts that are named `.jsonl`.',
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
