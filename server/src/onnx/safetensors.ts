import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { memoryBlob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';
import { type DataType, storageBytes } from '../ir/data-type.ts';
import type { Tensor } from '../ir/tensor.ts';
import { writeAtomically } from './files.ts';
import { fileBlob } from './source.ts';

/** Element types that safetensors has and ONNX has too, by their names there. */
const typeNames = {
  F64: 'double',
  F32: 'float',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Readonly<Record<string, DataType>>;
const nameOfType = new Map<DataType, string>(Object.entries(typeNames).map(([name, type]) => [type, name]));

/** The reference implementation's limit on the header. */
const largestHeader = 100e6;

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Writes tensors as a safetensors file: 8 bytes with the header's length, a JSON header (padded to 8 bytes), then the data
 * without gaps. The file appears whole or not at all.
 */
export function saveTensors(
  path: string,
  tensors: Iterable<Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const list = [...tensors];
  const entries: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) entries.__metadata__ = metadata;
  let offset = 0;
  for (const { name, type, dims, data } of list) {
    const dtype = nameOfType.get(type);
    if (!dtype) throw new PareError('tensor-type', `safetensors has no type for ${type} ('${name}').`);
    entries[name] = { dtype, shape: dims, data_offsets: [offset, offset + data.size] };
    offset += data.size;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  function* chunks() {
    yield header;
    for (const { data } of list) yield data.read();
  }
  writeAtomically(path, chunks());
}

/** Opens a safetensors file; tensor data are read from it when they are used. Errors: `file-unreadable`, `tensors-damaged`. */
export function openTensors(path: string): TensorFile {
  const { header, start, size } = readHeader(path);
  const tensors = new Map<string, Tensor>();
  const metadata = new Map<string, string>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(record(entry, path))) metadata.set(key, String(value));
      continue;
    }
    tensors.set(name, readEntry(name, record(entry, path), path, start, size));
  }
  return { tensors, metadata };
}

function readHeader(path: string): { header: Record<string, unknown>; start: number; size: number } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new PareError('file-unreadable', `'${path}' cannot be read.`, {
      place: { file: path },
      cause: error,
    });
  }
  try {
    const { size } = fstatSync(file);
    const prefix = new Uint8Array(8);
    if (readSync(file, prefix, 0, 8, 0) !== 8) throw damaged(path, 'it has no header');
    const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
    if (length > largestHeader || length > size - 8) throw damaged(path, `its header claims ${length} bytes`);
    const bytes = new Uint8Array(length);
    if (readSync(file, bytes, 0, length, 8) !== length) throw damaged(path, 'its header is cut off');
    let header: unknown;
    try {
      header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw damaged(path, 'its header is no JSON');
    }
    return { header: record(header, path), start: 8 + length, size };
  } finally {
    closeSync(file);
  }
}

function readEntry(
  name: string,
  { dtype, shape, data_offsets: offsets }: Record<string, unknown>,
  path: string,
  start: number,
  size: number,
): Tensor {
  const type = typeNames[dtype as keyof typeof typeNames];
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (
    !type ||
    !Array.isArray(shape) ||
    !shape.every(whole) ||
    !Array.isArray(offsets) ||
    !offsets.every(whole)
  )
    throw damaged(path, `'${name}' is described wrongly or has a type that ONNX lacks`);
  const [from, to] = offsets as [number, number];
  const bytes = storageBytes(
    type,
    shape.reduce((a: number, b: number) => a * b, 1),
  );
  if (offsets.length !== 2 || to - from !== bytes || start + to > size)
    throw damaged(path, `the data of '${name}' do not fit its shape or the file`);
  const data = bytes === 0 ? memoryBlob(new Uint8Array()) : fileBlob(path, start + from, bytes);
  return { name, type, dims: shape, data };
}

function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(path, 'its header is no object');
  return value as Record<string, unknown>;
}

const damaged = (path: string, reason: string): PareError =>
  new PareError('tensors-damaged', `'${path}' is no sound safetensors file: ${reason}.`, {
    place: { file: path },
  });
