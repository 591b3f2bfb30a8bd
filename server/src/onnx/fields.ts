/** Field numbers of `onnx.proto` (ONNX 1.23), message by message: reader and writer share them. */
export const modelFields = {
  irVersion: 1,
  producerName: 2,
  producerVersion: 3,
  domain: 4,
  modelVersion: 5,
  doc: 6,
  graph: 7,
  opsets: 8,
  metadata: 14,
  functions: 25,
} as const;
export const opsetFields = { domain: 1, version: 2 } as const;
export const entryFields = { key: 1, value: 2 } as const;
export const graphFields = {
  nodes: 1,
  name: 2,
  initializers: 5,
  doc: 10,
  inputs: 11,
  outputs: 12,
  valueInfo: 13,
  quantization: 14,
  sparse: 15,
  metadata: 16,
} as const;
export const nodeFields = {
  inputs: 1,
  outputs: 2,
  name: 3,
  opType: 4,
  attributes: 5,
  doc: 6,
  domain: 7,
  overload: 8,
  metadata: 9,
} as const;
export const attributeFields = {
  name: 1,
  f: 2,
  i: 3,
  s: 4,
  t: 5,
  g: 6,
  floats: 7,
  ints: 8,
  strings: 9,
  tensors: 10,
  graphs: 11,
  doc: 13,
  tp: 14,
  types: 15,
  type: 20,
  ref: 21,
  sparse: 22,
  sparses: 23,
} as const;
export const valueFields = { name: 1, type: 2, doc: 3, metadata: 4 } as const;
export const typeFields = {
  tensor: 1,
  sequence: 4,
  map: 5,
  denotation: 6,
  opaque: 7,
  sparse: 8,
  optional: 9,
} as const;
/** The one field of a sequence's or optional's type. */
export const elementField = 1;
export const tensorTypeFields = { elem: 1, shape: 2 } as const;
export const mapTypeFields = { key: 1, value: 2 } as const;
export const dimFields = { dims: 1, value: 1, param: 2, denotation: 3 } as const;
export const tensorFields = {
  dims: 1,
  type: 2,
  floats: 4,
  int32s: 5,
  strings: 6,
  int64s: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uint64s: 11,
  doc: 12,
  external: 13,
  location: 14,
  metadata: 16,
} as const;
export const sparseFields = { values: 1, indices: 2, dims: 3 } as const;
export const functionFields = {
  name: 1,
  inputs: 4,
  outputs: 5,
  attributes: 6,
  nodes: 7,
  doc: 8,
  opsets: 9,
  domain: 10,
  attributeDefaults: 11,
  valueInfo: 12,
  overload: 13,
  metadata: 14,
} as const;

/** `AttributeProto.AttributeType`. */
export const attributeKinds = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse: 11,
  sparses: 12,
  type: 13,
  types: 14,
} as const;
