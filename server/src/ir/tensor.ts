import { type Blob, memoryBlob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../base/float16.ts';
import { bitsOf, type DataType, storageBytes } from './data-type.ts';

/** A constant: an initializer or an attribute's value. Its data are little-endian and packed as in `raw_data`; strings stand apart. */
export interface Tensor {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Blob;
  /** For type `string` alone; `data` is then empty. */
  readonly strings?: readonly string[];
  /** The strings as they stand in the file, where one of them is not UTF-8. */
  readonly rawStrings?: readonly Uint8Array[];
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  /** Fields that Pare does not read, byte for byte. */
  readonly unknown?: readonly Uint8Array[];
}

/** Coordinate-format constant (`SparseTensorProto`): non-zero values and their linear or coordinate indices. */
export interface SparseTensor {
  readonly dims: readonly number[];
  readonly values: Tensor;
  readonly indices: Tensor;
}

export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

const arrayTypes = {
  float: Float32Array,
  double: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
} as const;

type Native = keyof typeof arrayTypes;
const isNative = (type: DataType): type is Native => type in arrayTypes;

/** Number of elements of a constant. */
export const sizeOf = (tensor: { readonly dims: readonly number[] }): number =>
  tensor.dims.reduce((a, b) => a * b, 1);
/** Bytes of a constant as stored. */
export const bytesOf = (tensor: Tensor): number =>
  tensor.strings
    ? tensor.strings.reduce((sum, text) => sum + text.length, 0)
    : storageBytes(tensor.type, sizeOf(tensor));

/**
 * The elements in the array type nearest to storage: a view where alignment allows. float16 and bfloat16 come as their
 * bits, 4- and 2-bit integers unpacked to int8 / uint8. Throws `tensor-size` when the bytes do not fit the dims.
 */
export function elements(tensor: Tensor): NumericArray {
  const count = sizeOf(tensor);
  const expected = storageBytes(tensor.type, count);
  if (tensor.data.size !== expected) {
    throw new PareError(
      'tensor-size',
      `Tensor '${tensor.name}' needs ${expected} bytes for ${tensor.type}[${tensor.dims}] but has ${tensor.data.size}.`,
      {
        hint: 'The file is damaged: export the model again.',
        place: { name: tensor.name },
      },
    );
  }
  const bytes = tensor.data.read();
  if (!isNative(tensor.type)) return bitsOf(tensor.type) < 8 ? unpack(bytes, tensor.type, count) : bytes;
  const type = arrayTypes[tensor.type];
  const aligned = bytes.byteOffset % type.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
}

/** The elements as float32 numbers, whatever the stored type; a view for float. 64-bit integers lose precision. */
export function floats(tensor: Tensor): Float32Array {
  const values = elements(tensor);
  if (tensor.type === 'float') return values as Float32Array;
  const convert =
    tensor.type === 'float16' ? fromFloat16 : tensor.type === 'bfloat16' ? fromBfloat16 : Number;
  return Float32Array.from(values as ArrayLike<number>, convert);
}

/** The elements as numbers, for shapes, axes and other small integers. Throws when it has over a million. */
export function numbers(tensor: Tensor): number[] {
  if (sizeOf(tensor) > 1e6)
    throw new PareError('tensor-size', `Tensor '${tensor.name}' is too large to be a list of numbers.`);
  if (tensor.type === 'float16' || tensor.type === 'bfloat16') return [...floats(tensor)];
  return Array.from(elements(tensor) as ArrayLike<number | bigint>, Number);
}

/** A constant from elements: numbers are converted to `type`; sub-byte integers are packed, low bits first. */
export function tensor(
  name: string,
  type: DataType,
  dims: readonly number[],
  values: NumericArray | readonly (number | bigint)[],
): Tensor {
  return { name, type, dims, data: memoryBlob(pack(type, values)) };
}

export const stringTensor = (name: string, dims: readonly number[], strings: readonly string[]): Tensor => ({
  name,
  type: 'string',
  dims,
  data: memoryBlob(new Uint8Array()),
  strings,
});

export const renamed = (value: Tensor, name: string): Tensor => ({ ...value, name });

function pack(type: DataType, values: NumericArray | readonly (number | bigint)[]): Uint8Array {
  const bits = bitsOf(type);
  if (bits > 0 && bits < 8) {
    const perByte = 8 / bits;
    const packed = new Uint8Array(Math.ceil(values.length / perByte));
    const mask = (1 << bits) - 1;
    for (let i = 0; i < values.length; i++)
      packed[Math.floor(i / perByte)]! |= (Number(values[i]) & mask) << ((i % perByte) * bits);
    return packed;
  }
  if (!isNative(type)) {
    if (bits === 8) return Uint8Array.from(values as ArrayLike<number>, Number);
    throw new PareError('tensor-type', `Pare cannot make constants of type ${type}.`);
  }
  const array = arrayTypes[type];
  if (ArrayBuffer.isView(values) && values instanceof array)
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (type === 'float16' || type === 'bfloat16') {
    const convert = type === 'float16' ? toFloat16 : toBfloat16;
    return new Uint8Array(
      Uint16Array.from(values as ArrayLike<number>, (value) => convert(Number(value))).buffer,
    );
  }
  const made =
    type === 'int64' || type === 'uint64'
      ? new (array as BigInt64ArrayConstructor)(
          Array.from(values as ArrayLike<number | bigint>, (value) =>
            typeof value === 'bigint' ? value : BigInt(Math.trunc(value)),
          ),
        )
      : (array as Float32ArrayConstructor).from(values as ArrayLike<number>, Number);
  return new Uint8Array(made.buffer as ArrayBuffer, made.byteOffset, made.byteLength);
}

function unpack(bytes: Uint8Array, type: DataType, count: number): Int8Array | Uint8Array {
  const bits = bitsOf(type);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const signed = type.startsWith('int');
  const out = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask;
    out[i] = signed && value >> (bits - 1) ? value - (1 << bits) : value;
  }
  return out;
}
