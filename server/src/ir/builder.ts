import type { Attribute } from './attribute.ts';
import type { DataType } from './data-type.ts';
import type { Graph } from './graph.ts';
import { createNode, type Node } from './node.ts';
import { type NumericArray, type Tensor, tensor } from './tensor.ts';

/** Writes nodes into a graph, one call an operator, and names their outputs. */
export interface Builder {
  readonly graph: Graph;
  /** Adds a node with one output and returns that output's name. */
  readonly op: (
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: OpOptions,
  ) => string;
  /** Adds a node with several outputs. */
  readonly multi: (
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, Attribute>>,
    options?: OpOptions,
  ) => readonly string[];
  /** Adds a constant and returns its name; the same scalar or small vector is added once. */
  readonly constant: (
    type: DataType,
    dims: readonly number[],
    values: NumericArray | readonly (number | bigint)[],
    name?: string,
  ) => string;
  readonly tensor: (value: Tensor) => string;
}

export interface OpOptions {
  readonly domain?: string;
  /** Prefix of the output's name; the operator's name by default. */
  readonly name?: string;
}

/** A builder that appends to `graph`, or puts its nodes before `anchor`. */
export function createBuilder(graph: Graph, anchor?: Node, prefix = ''): Builder {
  const small = new Map<string, string>();
  const multi: Builder['multi'] = (opType, inputs, outputs, attributes = {}, options = {}) => {
    const base = `${prefix}${options.name ?? opType}`;
    const names: string[] = [];
    for (let i = 0; i < outputs; i++) names.push(graph.freshName(i === 0 ? base : `${names[0]}.${i}`));
    graph.add(
      [
        createNode(opType, inputs, names, {
          name: names[0]!,
          attributes,
          ...(options.domain ? { domain: options.domain } : {}),
        }),
      ],
      anchor,
    );
    return names;
  };
  return {
    graph,
    multi,
    op: (opType, inputs, attributes, options) => multi(opType, inputs, 1, attributes, options)[0]!,
    tensor: (value) => graph.addInitializer(value),
    constant: (type, dims, values, name) => {
      const make = () => graph.addInitializer(tensor(name ?? `${prefix}constant`, type, dims, values));
      if (values.length > 8) return make();
      const key = `${type}[${dims}]${Array.from(values as ArrayLike<number>, String)}`;
      const known = small.get(key) ?? make();
      small.set(key, known);
      return known;
    },
  };
}
