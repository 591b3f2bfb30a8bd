import type { Attributes } from '../ir/attribute.ts';
import type { Dim } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import { numbers, sizeOf, type Tensor } from '../ir/tensor.ts';
import { tensorType, type ValueType } from '../ir/value-type.ts';
import { withoutSymbols } from './stated-types.ts';

/** Constants above this many elements are never read as integers. */
const readable = 1024;
/** Floating-point constants only matter as scales of shapes, which are few. */
const readableFloats = 8;

/** The values that nodes of one graph can name, and how its nodes are to be read. */
export interface Scope {
  readonly graph: Graph;
  readonly outer: Scope | undefined;
  readonly depth: number;
  readonly types: Map<string, ValueType>;
  readonly ints: Map<string, readonly Dim[]>;
  /** Names of the graph's inputs: an initializer among them can be overridden, so it is no constant. */
  readonly inputs: ReadonlySet<string>;
  readonly opsets: ReadonlyMap<string, number>;
  /** The call of the function that the graph is the body of: attributes of the call, with the defaults. */
  readonly call:
    | { readonly attributes: Attributes; readonly constant: (name: string) => Tensor | undefined }
    | undefined;
}

/** What the file states of a value of this graph. */
export const statedIn = (scope: Scope, type: ValueType | undefined): ValueType | undefined =>
  scope.outer || scope.call ? withoutSymbols(type) : type;

/** Sets a type that is known. */
export function set(scope: Scope, name: string, type: ValueType | undefined): void {
  if (type) scope.types.set(name, type);
}

/** Types a constant, unless an input of its name is typed already. */
export function setConstant(scope: Scope, name: string, value: Tensor): void {
  if (!scope.types.has(name)) scope.types.set(name, tensorType(value.type, value.dims));
}

/** The type of a value that a node of the scope's graph names. */
export function lookUp(scope: Scope, name: string): ValueType | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const type = at.types.get(name);
    if (type) return type;
  }
  return undefined;
}

/** Known elements of a value that a node of the scope's graph names. */
export function intsOf(scope: Scope, name: string): readonly Dim[] | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const values = at.ints.get(name);
    if (values || at.types.has(name)) return values;
  }
  return undefined;
}

/** The constant behind a value, as `Graph.constant`, and through the inputs of a function. */
export function constantOf(scope: Scope, name: string): Tensor | undefined {
  for (let at: Scope | undefined = scope; at && name !== ''; at = at.outer) {
    if (at.inputs.has(name)) return at.outer ? undefined : at.call?.constant(name);
    const initializer = at.graph.initializers.get(name);
    if (initializer) return initializer;
    const producer = at.graph.producer(name);
    if (!producer) continue;
    const attribute =
      producer.opType === 'Constant' && producer.domain === ''
        ? bind(producer.attributes, at.call?.attributes).get('value')
        : undefined;
    return attribute?.kind === 'tensor' ? attribute.value : undefined;
  }
  return undefined;
}

/** Attributes with references to attributes of the enclosing function replaced; a reference to one that is not given is left out. */
export function bind(attributes: Attributes, call: Attributes | undefined): Attributes {
  let hasReference = false;
  for (const attribute of attributes.values()) hasReference ||= attribute.kind === 'ref';
  if (!hasReference) return attributes;
  return new Map(
    [...attributes].flatMap(([name, attribute]) => {
      if (attribute.kind !== 'ref') return [[name, attribute] as const];
      const value = call?.get(attribute.value);
      return value ? [[name, value] as const] : [];
    }),
  );
}

const integral = new Set(['int64', 'int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'uint64', 'bool']);

/** The elements of a small constant, as they matter for shapes; undefined for large or other ones. */
export function smallInts(value: Tensor | undefined): readonly number[] | undefined {
  if (!value || sizeOf(value) > (integral.has(value.type) ? readable : readableFloats)) return undefined;
  return integral.has(value.type) || value.type === 'float' || value.type === 'double'
    ? numbers(value)
    : undefined;
}
