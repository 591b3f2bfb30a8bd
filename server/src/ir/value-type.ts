import type { DataType } from './data-type.ts';
import type { Shape } from './dim.ts';

/** What a file says of a dimension beyond its size; a note that no longer fits the dimension is not written back. */
export interface DimNote {
  /** The symbolic size as the file writes it, where Pare writes it in another way. */
  readonly text?: string;
  /** A negative size, which stands for an unknown one. */
  readonly value?: number;
  /** What the axis means, such as `DATA_BATCH`. */
  readonly denotation?: string;
}

interface Shaped {
  readonly type: DataType;
  readonly shape?: Shape;
  readonly notes?: readonly DimNote[];
}

/** What the file says a value means (`IMAGE`, `AUDIO` ...; ONNX "Type denotation"). */
interface Denoted {
  readonly denotation?: string;
}

/** Element type and shape of a tensor; no shape means that not even the rank is known. */
export interface TensorType extends Shaped, Denoted {
  readonly kind: 'tensor';
}

/** What a value of the graph may be (`TypeProto`). */
export type ValueType =
  | TensorType
  | ({ readonly kind: 'sparse' } & Shaped & Denoted)
  | ({ readonly kind: 'sequence'; readonly element: ValueType | undefined } & Denoted)
  | ({ readonly kind: 'optional'; readonly element: ValueType | undefined } & Denoted)
  | ({ readonly kind: 'map'; readonly key: DataType; readonly value: ValueType | undefined } & Denoted);

/** A named value with what the file says of it: an input, an output or an intermediate. */
export interface ValueInfo {
  readonly name: string;
  readonly type?: ValueType;
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  /** Fields that Pare does not read, byte for byte; among them a type of a kind that it does not know (opaque types). */
  readonly unknown?: readonly Uint8Array[];
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
