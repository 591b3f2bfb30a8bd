import type { TextRange } from '../../base/errors.ts';
import type { Int } from '../../ir/attribute.ts';

/** The syntax tree of ONNX text: what stands where. Every name carries its range, quotes included. */
export interface Tree {
  readonly header: readonly HeaderEntry[];
  readonly graph: GraphSyntax | undefined;
  readonly functions: readonly FunctionSyntax[];
}

export interface Name {
  /** Without quotes. */
  readonly text: string;
  readonly range: TextRange;
}

/** `ir_version: 8`, `opset_import: ["": 17]` ... */
export interface HeaderEntry {
  readonly key: Name;
  readonly value: HeaderValue;
  readonly range: TextRange;
}

export type HeaderValue =
  | { readonly kind: 'int'; readonly value: Int }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [Name, Name])[] };

export interface GraphSyntax {
  readonly name: Name;
  readonly inputs: readonly ValueSyntax[];
  readonly outputs: readonly ValueSyntax[];
  /** Types of intermediate values and, with data, initializers: what stands between `<` and `>`. */
  readonly values: readonly ValueSyntax[];
  readonly nodes: readonly NodeSyntax[];
  readonly range: TextRange;
}

export interface FunctionSyntax {
  readonly header: readonly HeaderEntry[];
  readonly name: Name;
  /** Attributes without a default. */
  readonly attributes: readonly Name[];
  readonly defaults: readonly AttributeSyntax[];
  readonly inputs: readonly ValueSyntax[];
  readonly outputs: readonly ValueSyntax[];
  readonly values: readonly ValueSyntax[];
  readonly nodes: readonly NodeSyntax[];
  readonly range: TextRange;
}

export interface ValueSyntax {
  readonly type: TypeSyntax | undefined;
  readonly name: Name;
  readonly data?: TensorData;
  readonly range: TextRange;
}

/** The elements of a tensor as written, where they lie in another file, or the values and indices of a sparse tensor. */
export type TensorData =
  | { readonly kind: 'literal'; readonly values: readonly (Int | string)[]; readonly range: TextRange }
  | { readonly kind: 'external'; readonly entries: ReadonlyMap<string, string>; readonly range: TextRange }
  | { readonly kind: 'sparse'; readonly parts: readonly TensorSyntax[]; readonly range: TextRange };

export interface TensorSyntax {
  readonly type: TypeSyntax;
  readonly name: Name | undefined;
  readonly data: TensorData;
  readonly range: TextRange;
}

/** A dimension: a number, a symbol, or undefined for `?`. */
export interface DimSyntax {
  readonly value: number | string | undefined;
  readonly range: TextRange;
}

export type TypeSyntax = { readonly range: TextRange } & (
  | { readonly kind: 'tensor'; readonly element: Name; readonly shape: readonly DimSyntax[] | undefined }
  | { readonly kind: 'sparse'; readonly element: Name; readonly shape: readonly DimSyntax[] | undefined }
  | { readonly kind: 'sequence'; readonly element: TypeSyntax | undefined }
  | { readonly kind: 'optional'; readonly element: TypeSyntax | undefined }
  | { readonly kind: 'map'; readonly key: Name; readonly value: TypeSyntax | undefined }
  | { readonly kind: 'opaque'; readonly domain: string; readonly name: string }
);

export interface NodeSyntax {
  readonly label: Name | undefined;
  readonly outputs: readonly Name[];
  readonly domain: string;
  readonly opType: Name;
  readonly overload: Name | undefined;
  readonly attributes: readonly AttributeSyntax[];
  readonly inputs: readonly Name[];
  readonly range: TextRange;
}

export interface AttributeSyntax {
  readonly name: Name;
  /** `ints` in `axes: ints = [0]`. */
  readonly declared: Name | undefined;
  readonly value: AttributeValueSyntax;
  readonly range: TextRange;
}

export type AttributeValueSyntax = { readonly range: TextRange } & (
  | { readonly kind: 'int'; readonly value: Int }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: TensorSyntax }
  | { readonly kind: 'type'; readonly value: TypeSyntax }
  | { readonly kind: 'graph'; readonly value: GraphSyntax }
  | { readonly kind: 'ref'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly AttributeValueSyntax[] }
);

/** What is wrong with a text, and where. */
export interface TextProblem {
  readonly message: string;
  readonly range: TextRange;
}
