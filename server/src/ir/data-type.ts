/** ONNX element types (`TensorProto.DataType`), by number in the file and by the name that ONNX's textual syntax uses. */
export const dataTypes = {
  undefined: { code: 0, bits: 0 },
  float: { code: 1, bits: 32 },
  uint8: { code: 2, bits: 8 },
  int8: { code: 3, bits: 8 },
  uint16: { code: 4, bits: 16 },
  int16: { code: 5, bits: 16 },
  int32: { code: 6, bits: 32 },
  int64: { code: 7, bits: 64 },
  string: { code: 8, bits: 0 },
  bool: { code: 9, bits: 8 },
  float16: { code: 10, bits: 16 },
  double: { code: 11, bits: 64 },
  uint32: { code: 12, bits: 32 },
  uint64: { code: 13, bits: 64 },
  complex64: { code: 14, bits: 64 },
  complex128: { code: 15, bits: 128 },
  bfloat16: { code: 16, bits: 16 },
  float8e4m3fn: { code: 17, bits: 8 },
  float8e4m3fnuz: { code: 18, bits: 8 },
  float8e5m2: { code: 19, bits: 8 },
  float8e5m2fnuz: { code: 20, bits: 8 },
  uint4: { code: 21, bits: 4 },
  int4: { code: 22, bits: 4 },
  float4e2m1: { code: 23, bits: 4 },
  float8e8m0: { code: 24, bits: 8 },
  uint2: { code: 25, bits: 2 },
  int2: { code: 26, bits: 2 },
} as const;

export type DataType = keyof typeof dataTypes;

const byCode = new Map<number, DataType>(
  (Object.entries(dataTypes) as [DataType, { code: number }][]).map(([name, { code }]) => [code, name]),
);

/** The type with this number in the file, or `undefined` the type for numbers that ONNX does not have. */
export const dataTypeOf = (code: number): DataType => byCode.get(code) ?? 'undefined';
export const dataTypeCode = (type: DataType): number => dataTypes[type].code;
export const bitsOf = (type: DataType): number => dataTypes[type].bits;
export const isFloat = (type: DataType): boolean => /^(float|double|bfloat)/.test(type);
export const isInteger = (type: DataType): boolean => /^u?int/.test(type);

/** Bytes that `count` elements take in a file, sub-byte types packed (ONNX IR, "Tensor element types"). */
export const storageBytes = (type: DataType, count: number): number => Math.ceil((count * bitsOf(type)) / 8);
