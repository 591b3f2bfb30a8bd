import { Tensor } from 'onnxruntime-node';
import { bitsOf, type DataType } from '../ir/data-type.ts';
import type { NdArray } from '../ir/nd-array.ts';

/** Element types of the runtime's JavaScript interface, by ONNX's names. */
const ortTypes = {
  float: 'float32',
  double: 'float64',
  float16: 'float16',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  bool: 'bool',
  string: 'string',
} as const satisfies Partial<Record<DataType, Tensor.Type>>;

/** True for element types that go into the runtime and come out. 4-bit integers do not: an output of them ends the process. */
export const isPassable = (type: DataType): type is keyof typeof ortTypes => type in ortTypes;

const dataTypes = new Map<string, DataType>(
  Object.entries(ortTypes).map(([type, name]) => [name, type as DataType]),
);

/** ONNX's name of a type of the runtime; 4-bit integers have the same name in both. */
export const fromOrtType = (type: Tensor.Type): DataType => dataTypes.get(type) ?? (type as DataType);

const made = new WeakMap<NdArray, Tensor>();

/** The runtime's view of an array: the same elements, made once for each array. */
export function toTensor(array: NdArray): Tensor {
  const known = made.get(array);
  if (known) return known;
  const { type, dims, data } = array;
  if (!isPassable(type))
    throw new TypeError(`${type} (${bitsOf(type)} bits) cannot be passed to the runtime`);
  const tensor: Tensor = new Tensor(ortTypes[type], data as Tensor.DataType, dims);
  made.set(array, tensor);
  return tensor;
}

export const fromTensor = ({ type, dims, data }: Tensor): NdArray => ({
  type: fromOrtType(type),
  dims,
  data: type === 'float16' ? bitsOfHalves(data as unknown as ArrayBufferView) : (data as NdArray['data']),
});

/** Newer versions of Node.js have an array type for half precision; Pare passes its bits. */
const bitsOfHalves = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint16Array =>
  new Uint16Array(buffer as ArrayBuffer, byteOffset, byteLength / 2);
