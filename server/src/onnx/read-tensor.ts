import { type Blob, lazyBlob, memoryBlob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';
import { type DataType, dataTypeOf, storageBytes } from '../ir/data-type.ts';
import { type SparseTensor, type Tensor, tensor } from '../ir/tensor.ts';
import { extras, readEntry } from './entries.ts';
import * as f from './fields.ts';
import { memorySource } from './source.ts';
import { WireReader, wire } from './wire-reader.ts';

/** Finds the bytes of a tensor that lies outside of the model file. */
export type ExternalResolver = (
  tensorName: string,
  entries: ReadonlyMap<string, string>,
  size: number,
) => Blob;

/** Values of the typed fields: packed ones as they stand in the file, others one by one. */
interface TypedValues {
  field: number;
  readonly packed: Blob[];
  readonly single: (number | bigint)[];
}

/** Reads a `TensorProto`. Errors: `model-damaged`, `tensor-type`, and what `external` throws. */
export function readTensor(reader: WireReader, external: ExternalResolver): Tensor {
  const dims: number[] = [];
  const strings: Uint8Array[] = [];
  const entries = new Map<string, string>();
  const metadata = new Map<string, string>();
  const unknown: Uint8Array[] = [];
  const typed: TypedValues = { field: 0, packed: [], single: [] };
  let raw: Blob | undefined;
  let [name, doc, code, location] = ['', '', 0, 0];
  while (reader.next()) {
    switch (reader.field) {
      case f.tensorFields.dims:
        reader.repeated(wire.varint, dims, (inner) => inner.number());
        break;
      case f.tensorFields.type:
        code = reader.number();
        break;
      case f.tensorFields.name:
        name = reader.text();
        break;
      case f.tensorFields.doc:
        doc = reader.text();
        break;
      case f.tensorFields.raw:
        raw = reader.blob();
        break;
      case f.tensorFields.strings:
        strings.push(reader.bytes());
        break;
      case f.tensorFields.external:
        readEntry(reader, entries);
        break;
      case f.tensorFields.location:
        location = reader.number();
        break;
      case f.tensorFields.metadata:
        readEntry(reader, metadata);
        break;
      case f.tensorFields.floats:
      case f.tensorFields.doubles:
      case f.tensorFields.int32s:
      case f.tensorFields.int64s:
      case f.tensorFields.uint64s:
        readTyped(reader, typed);
        break;
      default:
        unknown.push(reader.skip());
    }
  }
  const type = dataTypeOf(code);
  if (type === 'undefined' && code !== 0) {
    throw new PareError(
      'tensor-type',
      `Tensor '${name}' has the element type ${code}, which Pare does not know.`,
      {
        hint: 'The file is damaged, or was written for a newer ONNX than 1.23.',
        place: { name },
      },
    );
  }
  const count = dims.reduce((a, b) => a * b, 1);
  if (dims.some((dim) => !(dim >= 0 && Number.isSafeInteger(dim))) || !Number.isSafeInteger(count * 16))
    throw badTensor(name, `has the dimensions [${dims.slice(0, 16)}]`);
  const head = { name, type, dims, ...extras(doc, metadata, unknown) };
  const size = storageBytes(type, count);
  if (type === 'string') {
    if (strings.length !== count) throw badTensor(name, `has ${strings.length} strings for [${dims}]`);
    return { ...head, data: memoryBlob(new Uint8Array()), ...decoded(strings) };
  }
  if (location === 1) return { ...head, data: external(name, entries, size) };
  // An exporter may write an empty `raw_data` beside typed values.
  if (raw && (raw.size > 0 || typed.field === 0)) {
    if (raw.size !== size) throw badTensor(name, `needs ${size} bytes but has ${raw.size}`);
    return { ...head, data: raw };
  }
  return { ...head, data: typedData(name, type, typed, count, size) };
}

/** Reads a `SparseTensorProto`. */
export function readSparse(reader: WireReader, external: ExternalResolver): SparseTensor {
  const dims: number[] = [];
  let values = tensor('', 'float', [0], []);
  let indices = tensor('', 'int64', [0], []);
  while (reader.next()) {
    switch (reader.field) {
      case f.sparseFields.values:
        values = reader.message((inner) => readTensor(inner, external));
        break;
      case f.sparseFields.indices:
        indices = reader.message((inner) => readTensor(inner, external));
        break;
      case f.sparseFields.dims:
        reader.repeated(wire.varint, dims, (inner) => inner.number());
        break;
      default:
        reader.skip();
    }
  }
  return { dims, values, indices };
}

function decoded(raw: readonly Uint8Array[]): Pick<Tensor, 'strings' | 'rawStrings'> {
  const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return { strings: raw.map((value) => exact.decode(value)) };
  } catch {
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
    return { strings: raw.map((value) => lenient.decode(value)), rawStrings: raw };
  }
}

function readTyped(reader: WireReader, into: TypedValues): void {
  into.field = reader.field;
  if (reader.wireType === wire.bytes) into.packed.push(reader.blob());
  else if (reader.wireType === wire.fixed32) into.single.push(reader.float());
  else if (reader.wireType === wire.fixed64) into.single.push(reader.double());
  else into.single.push(reader.int());
}

/** Typed fields hold what raw data hold: floats as they are, the rest as varints of the element (float16 as its bits; `onnx.proto`, TensorProto). */
function typedData(name: string, type: DataType, typed: TypedValues, count: number, size: number): Blob {
  if (typed.packed.length === 0) return packValues(name, type, typed.single, count);
  const bytes = typed.packed.reduce((sum, { size: part }) => sum + part, 0);
  const isFloats = typed.field === f.tensorFields.floats || typed.field === f.tensorFields.doubles;
  if (isFloats) {
    if (bytes !== size || typed.single.length > 0)
      throw badTensor(name, `needs ${size} bytes but has ${bytes}`);
    const [only] = typed.packed;
    return typed.packed.length === 1 ? only! : lazyBlob(size, () => joined(typed.packed, bytes));
  }
  // A varint has one byte at least: what cannot fill the dims is refused before anything is allocated.
  const values = valueCount(type, count);
  if (values > bytes + typed.single.length)
    throw badTensor(name, `needs ${values} elements but has ${bytes} bytes`);
  return lazyBlob(size, () => {
    const read: (number | bigint)[] = [...typed.single];
    const reader = new WireReader(memorySource(joined(typed.packed, bytes)));
    reader.wireType = wire.varint;
    while (reader.position < reader.end) read.push(reader.int());
    return packValues(name, type, read, count).read();
  });
}

function joined(parts: readonly Blob[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!.read();
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part.read(), at);
    at += part.size;
  }
  return bytes;
}

const isSubByte = (type: DataType): boolean => storageBytes(type, 8) < 8;

/** Values in a typed field: sub-byte integers lie packed in bytes already, complex numbers as pairs. */
const valueCount = (type: DataType, count: number): number =>
  isSubByte(type) ? storageBytes(type, count) : count * (type.startsWith('complex') ? 2 : 1);

const storedAs: Partial<Record<DataType, DataType>> = {
  float16: 'uint16',
  bfloat16: 'uint16',
  complex64: 'float',
  complex128: 'double',
};

function packValues(name: string, type: DataType, values: readonly (number | bigint)[], count: number): Blob {
  const expected = valueCount(type, count);
  if (values.length !== expected)
    throw badTensor(name, `needs ${expected} elements but has ${values.length}`);
  if (type === 'undefined') return memoryBlob(new Uint8Array());
  const stored = isSubByte(type) ? 'uint8' : (storedAs[type] ?? type);
  const bits = stored === 'uint16' || stored === 'uint8';
  return tensor(name, stored, [expected], bits ? values.map((value) => Number(value) & 0xffff) : values).data;
}

const badTensor = (name: string, what: string): PareError =>
  new PareError('model-damaged', `Tensor '${name}' ${what}.`, {
    hint: 'Export the model again.',
    place: { name },
  });
