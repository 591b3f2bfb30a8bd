import type { Attribute, Attributes } from './attribute.ts';
import { subgraphs } from './attribute.ts';
import type { Graph } from './graph.ts';

/** One application of an operator. A node is changed through its graph, which keeps producers and consumers right. */
export interface Node {
  readonly name: string;
  readonly opType: string;
  /** `''` is `ai.onnx`. */
  readonly domain: string;
  readonly overload: string;
  /** Names of values; `''` stands for an optional input or output that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  readonly doc: string;
  readonly metadata: ReadonlyMap<string, string>;
  /** Fields that Pare does not read (device configurations, newer ones), byte for byte. */
  readonly unknown?: readonly Uint8Array[];
}

export interface NodeInit {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly attributes?: Readonly<Record<string, Attribute>> | Attributes;
  readonly doc?: string;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly unknown?: readonly Uint8Array[];
}

const none: ReadonlyMap<string, string> = new Map();

export function createNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  init: NodeInit = {},
): Node {
  const given = init.attributes ?? {};
  return {
    name: init.name ?? '',
    opType,
    domain: init.domain === 'ai.onnx' ? '' : (init.domain ?? ''),
    overload: init.overload ?? '',
    inputs,
    outputs,
    attributes: given instanceof Map ? given : new Map(Object.entries(given)),
    doc: init.doc ?? '',
    metadata: init.metadata ?? none,
    ...(init.unknown && init.unknown.length > 0 ? { unknown: init.unknown } : {}),
  };
}

/** How people call this node: its name, or its first output where the exporter gave none. Recipes and reports use it. */
export const labelOf = (node: Node): string =>
  node.name || (node.outputs.find((output) => output !== '') ?? node.opType);

/** `Conv`, or `com.microsoft.FusedMatMul`. */
export const qualifiedOp = (node: { readonly opType: string; readonly domain: string }): string =>
  node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;

/** The bodies of a control-flow node, in attribute order. */
export const bodiesOf = (node: Node): readonly Graph[] => [...node.attributes.values()].flatMap(subgraphs);
