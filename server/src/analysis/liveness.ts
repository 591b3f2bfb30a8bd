import { storageBytes } from '../ir/data-type.ts';
import { substitute } from '../ir/dim.ts';
import { captures, type Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf, type Node } from '../ir/node.ts';
import { sizeOf, type Tensor } from '../ir/tensor.ts';
import type { ValueType } from '../ir/value-type.ts';
import { nodeOrder } from './node-order.ts';
import { inferShapes, type Shapes } from './shapes.ts';

/** Memory while one node runs. */
export interface MemoryAt {
  readonly node: Node;
  /** Bytes of the activations that are alive: what it reads and writes, and what is waiting for later nodes. */
  readonly bytes: number;
}

export interface ModelMemory {
  /** Bytes of all constants, which stay in memory. */
  readonly weights: number;
  /** Bytes of activations at the worst moment: a lower bound for any runtime that computes in this order. */
  readonly peak: number;
  /** The node at that moment. */
  readonly peakNode: Node | undefined;
  /** Values that are alive then, largest first. */
  readonly peakValues: readonly { readonly name: string; readonly bytes: number }[];
  readonly timeline: readonly MemoryAt[];
  /** Values whose sizes are not known; they count as nothing. */
  readonly unknown: readonly string[];
}

export interface MemoryOptions {
  /** Sizes of symbolic dimensions; what is not named counts as one. */
  readonly sizes?: ReadonlyMap<string, number>;
  /** Operators whose output may take the place of their first input, as runtimes do for elementwise ones: nothing by default. */
  readonly inPlace?: (node: Node) => boolean;
}

/**
 * Peak memory of activations: a value lives from its producer to its last reader; model inputs from the start, outputs to the
 * end. The peak of a body counts on top of what is alive around it.
 */
export function modelMemory(
  model: Model,
  options: MemoryOptions = {},
  shapes: Shapes = inferShapes(model),
): ModelMemory {
  const unknown = new Set<string>();
  const walk = graphMemory(model.graph, shapes, options, unknown);
  const weights = new Set<Tensor>();
  collectConstants(model.graph, weights);
  let bytes = 0;
  for (const constant of weights) bytes += constantBytes(constant);
  return { ...walk, weights: bytes, unknown: [...unknown] };
}

function graphMemory(
  graph: Graph,
  shapes: Shapes,
  options: MemoryOptions,
  unknown: Set<string>,
): Omit<ModelMemory, 'weights' | 'unknown'> {
  const order = nodeOrder(graph);
  const constant = (name: string) => graph.constant(name) !== undefined || graph.initializers.has(name);
  const bytesOf = (name: string): number => {
    const bytes = typeBytes(shapes.typeIn(graph, name), options.sizes);
    if (bytes === undefined) unknown.add(name);
    return bytes ?? 0;
  };
  const lastUse = new Map<string, number>();
  for (const [at, node] of order.entries()) for (const name of reads(node)) lastUse.set(name, at);
  for (const { name } of graph.outputs) lastUse.set(name, order.length);
  const alive = new Map<string, number>();
  let total = 0;
  const begin = (name: string) => {
    if (name === '' || alive.has(name) || constant(name)) return;
    const bytes = bytesOf(name);
    alive.set(name, bytes);
    total += bytes;
  };
  const end = (name: string) => {
    total -= alive.get(name) ?? 0;
    alive.delete(name);
  };
  for (const { name } of graph.inputs) begin(name);
  const timeline: MemoryAt[] = [];
  let peak = total;
  let peakNode: Node | undefined;
  let peakAlive: ReadonlyMap<string, number> = new Map(alive);
  for (const [at, node] of order.entries()) {
    const [first] = node.inputs;
    const reused =
      options.inPlace?.(node) &&
      first &&
      lastUse.get(first) === at &&
      alive.get(first) === bytesOf(node.outputs[0]!)
        ? first
        : undefined;
    if (reused !== undefined) end(reused);
    for (const name of node.outputs) begin(name);
    const inside = Math.max(
      0,
      ...bodiesOf(node).map((body) => graphMemory(body, shapes, options, unknown).peak),
    );
    const bytes = total + inside;
    timeline.push({ node, bytes });
    if (bytes > peak) {
      peak = bytes;
      peakNode = node;
      peakAlive = new Map(alive);
    }
    for (const name of [...reads(node), ...node.outputs]) if ((lastUse.get(name) ?? at) <= at) end(name);
  }
  const peakValues = [...peakAlive]
    .map(([name, bytes]) => ({ name, bytes }))
    .sort((a, b) => b.bytes - a.bytes);
  return { peak, peakNode, peakValues, timeline };
}

const reads = (node: Node): readonly string[] =>
  [...new Set([...node.inputs, ...captures(node)])].filter(Boolean);

function typeBytes(
  type: ValueType | undefined,
  sizes: ReadonlyMap<string, number> | undefined,
): number | undefined {
  if (type?.kind !== 'tensor' || !type.shape) return undefined;
  let count = 1;
  for (const dim of type.shape) {
    const size = sizes ? substitute(dim, sizes) : dim;
    if (size === '?') return undefined;
    count *= typeof size === 'number' ? size : 1;
  }
  return storageBytes(type.type, count);
}

const constantBytes = (constant: Tensor): number => storageBytes(constant.type, sizeOf(constant));

function collectConstants(graph: Graph, found: Set<Tensor>): void {
  for (const constant of graph.initializers.values()) found.add(constant);
  for (const sparse of graph.sparseInitializers.values()) found.add(sparse.values).add(sparse.indices);
  for (const node of graph.nodes) {
    for (const attribute of node.attributes.values())
      if (attribute.kind === 'tensor') found.add(attribute.value);
    for (const body of bodiesOf(node)) collectConstants(body, found);
  }
}
