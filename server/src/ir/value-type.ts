import type { DataType } from './data-type.ts';
import type { Shape } from './dim.ts';

/** Element type and shape of a tensor; no shape means that not even the rank is known. */
export interface TensorType {
  readonly kind: 'tensor';
  readonly type: DataType;
  readonly shape?: Shape;
}

/** What a value of the graph may be (`TypeProto`). */
export type ValueType =
  | TensorType
  | { readonly kind: 'sparse'; readonly type: DataType; readonly shape?: Shape }
  | { readonly kind: 'sequence'; readonly element: ValueType | undefined }
  | { readonly kind: 'optional'; readonly element: ValueType | undefined }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: ValueType | undefined };

/** A named value with what the file says of it: an input, an output or an intermediate. */
export interface ValueInfo {
  readonly name: string;
  readonly type?: ValueType;
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
}

export const tensorType = (type: DataType, shape?: Shape): TensorType =>
  shape === undefined ? { kind: 'tensor', type } : { kind: 'tensor', type, shape };

export const shapeOf = (type: ValueType | undefined): Shape | undefined =>
  type?.kind === 'tensor' || type?.kind === 'sparse' ? type.shape : undefined;

/** `float[batch, 1, 28, 28]`, as ONNX's textual syntax writes it. */
export function formatType(type: ValueType | undefined): string {
  if (!type) return '?';
  switch (type.kind) {
    case 'tensor':
      return formatTensor(type);
    case 'sparse':
      return `sparse_tensor(${formatTensor(type)})`;
    case 'sequence':
      return `seq(${formatType(type.element)})`;
    case 'optional':
      return `optional(${formatType(type.element)})`;
    case 'map':
      return `map(${type.key}, ${formatType(type.value)})`;
  }
}

function formatTensor({ type, shape }: { readonly type: DataType; readonly shape?: Shape }): string {
  if (!shape) return `${type}[]`;
  return shape.length === 0 ? type : `${type}[${shape.join(', ')}]`;
}
