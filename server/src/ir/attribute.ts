import type { Graph } from './graph.ts';
import type { SparseTensor, Tensor } from './tensor.ts';
import type { ValueType } from './value-type.ts';

/** A 64-bit integer of a file: a number, or a bigint where a number would not be exact. */
export type Int = number | bigint;

/** An attribute of a node (`AttributeProto`). `ref` stands for the attribute of the enclosing model-local function. */
export type Attribute = AttributeValue & {
  readonly doc?: string;
  /** Fields that Pare does not read, byte for byte. */
  readonly unknown?: readonly Uint8Array[];
};

type AttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: Int }
  /** Bytes where the text is not UTF-8. */
  | { readonly kind: 'string'; readonly value: string | Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'sparse'; readonly value: SparseTensor }
  | { readonly kind: 'type'; readonly value: ValueType }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly Int[] }
  | { readonly kind: 'strings'; readonly value: readonly (string | Uint8Array)[] }
  | { readonly kind: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly Graph[] }
  | { readonly kind: 'sparses'; readonly value: readonly SparseTensor[] }
  | { readonly kind: 'types'; readonly value: readonly ValueType[] }
  | { readonly kind: 'ref'; readonly of: Exclude<Attribute['kind'], 'ref'>; readonly value: string };

export type Attributes = ReadonlyMap<string, Attribute>;

export const float = (value: number): Attribute => ({ kind: 'float', value });
export const int = (value: Int): Attribute => ({ kind: 'int', value });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const ints = (value: readonly Int[]): Attribute => ({ kind: 'ints', value });
export const floatList = (value: readonly number[]): Attribute => ({ kind: 'floats', value });
export const tensorValue = (value: Tensor): Attribute => ({ kind: 'tensor', value });

/** The graphs that an attribute holds: the bodies of If, Loop and Scan. */
export function subgraphs(attribute: Attribute): readonly Graph[] {
  return attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [];
}
