import type { GrowingShapes } from '../../analysis/shapes.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import { bodiesOf, createNode, type Node } from '../../ir/node.ts';
import { shapeOf, tensorType, type ValueType } from '../../ir/value-type.ts';
import { chooseSegments, type ForwardPass, valueBytes } from './segments.ts';

export interface RecomputeOptions {
  readonly shapes: GrowingShapes;
  /** Nodes of the forward pass and of the losses, in order; what follows is the backward pass. */
  readonly forward: readonly Node[];
  /** Values that the forward pass starts from: what does not depend on them is never computed again. */
  readonly data: Iterable<string>;
  /** The gradient of a forward value, where it is one value. */
  readonly gradientOf: (value: string) => string | undefined;
}

/** Symbolic sizes count as so many: that of the batch is the same for all values that matter. */
const nominal = 32;
/** Values below this share of the largest are kept: batch statistics, scales, shapes. */
const small = 1 / 64;

/**
 * Trades time for memory: the backward pass reads copies of activations that are computed again just before, so that the
 * first ones die with the forward pass. Each segment of the forward pass is copied before the backward pass of its nodes.
 *
 * A runtime orders nodes as it likes, and merges equal ones. So what a copied segment reads passes through a Reshape whose
 * shape, "keep every axis", is computed from the size of the gradient that comes into the segment: the copies cannot run
 * before that gradient is there, and nothing is equal to the first computation. Runtimes reshape in place.
 * Returns the number of values that are computed again.
 */
export function recompute(graph: Graph, options: RecomputeOptions): number {
  const { shapes, forward, gradientOf } = options;
  const own = new Set(forward);
  const moving = dependents(forward, options.data);
  const bytesOf = (value: string) =>
    moving.has(value) ? (valueBytes(shapes.types.get(value), nominal) ?? 0) : 0;
  const largest = forward.reduce((most, { outputs }) => Math.max(most, ...outputs.map(bytesOf)), 0);
  const bytes = (value: string) => (bytesOf(value) < largest * small ? 0 : bytesOf(value));
  const readBackward = (value: string) => graph.consumers(value).filter((node) => !own.has(node));
  const stored = new Set(
    forward.flatMap(({ outputs }) =>
      outputs.filter((value) => bytes(value) > 0 && readBackward(value).length > 0),
    ),
  );
  const endable = ({ outputs: [value = ''] }: Node) => bytes(value) > 0 && gradientOf(value) !== undefined;
  const pass: ForwardPass = { nodes: forward, stored, bytes, endable };
  const segments = chooseSegments(pass);
  if (!segments) return 0;
  let count = 0;
  let from = 0;
  // The last segment's values are read as soon as they are there.
  for (const end of segments.ends.slice(0, -1)) {
    const nodes = forward.slice(from, end);
    from = end;
    const gradient = gradientOf(nodes.at(-1)!.outputs[0]!)!;
    const again = valuesToRepeat(nodes, { stored, kept: segments.kept, moving, bytes });
    count += again.size;
    repeat(graph, nodes, again, { gradient, readBackward, moving, shapes });
  }
  return count;
}

/** Values that depend on the given ones. */
function dependents(nodes: readonly Node[], roots: Iterable<string>): ReadonlySet<string> {
  const found = new Set(roots);
  for (const { inputs, outputs } of nodes)
    if (inputs.some((input) => found.has(input))) for (const output of outputs) found.add(output);
  found.delete('');
  return found;
}

/** Values of a segment that are computed again: those that the backward pass reads, and what they are made from. */
function valuesToRepeat(
  nodes: readonly Node[],
  {
    stored,
    kept,
    moving,
    bytes,
  }: {
    readonly stored: ReadonlySet<string>;
    readonly kept: ReadonlySet<string>;
    readonly moving: ReadonlySet<string>;
    readonly bytes: (value: string) => number;
  },
): ReadonlySet<string> {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const again = new Set<string>();
  const stays = (value: string) =>
    kept.has(value) || !moving.has(value) || bytes(value) === 0 || !repeatable(producers.get(value));
  const pending = [...stored].filter((value) => producers.has(value) && !stays(value));
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (again.has(value)) continue;
    again.add(value);
    for (const input of producers.get(value)!.inputs)
      if (producers.has(input) && !stays(input)) pending.push(input);
  }
  return again;
}

/** Bodies are not copied, and what is drawn at random would be drawn anew. */
const repeatable = (node: Node | undefined): boolean =>
  node !== undefined && bodiesOf(node).length === 0 && !/^(Random|Bernoulli|Multinomial)/.test(node.opType);

/** Copies what makes the values, before their first reader in the backward pass, and has the backward pass read the copies. */
function repeat(
  graph: Graph,
  nodes: readonly Node[],
  again: ReadonlySet<string>,
  {
    gradient,
    readBackward,
    moving,
    shapes,
  }: {
    readonly gradient: string;
    readonly readBackward: (value: string) => readonly Node[];
    readonly moving: ReadonlySet<string>;
    readonly shapes: GrowingShapes;
  },
): void {
  const readers = new Set([...again].flatMap(readBackward));
  const anchor = graph.nodes.find((node) => readers.has(node));
  if (!anchor) return;
  const known = new Set(graph.nodes);
  const held = holder(createBuilder(graph, anchor, 'again_'), gradient, shapes);
  const names = new Map<string, string>();
  for (const node of nodes) {
    if (!node.outputs.some((output) => again.has(output))) continue;
    const inputs = node.inputs.map((input) => names.get(input) ?? (moving.has(input) ? held(input) : input));
    const outputs = node.outputs.map((output) => (output === '' ? '' : graph.freshName(`again_${output}`)));
    graph.add([createNode(node.opType, inputs, outputs, { ...node, name: outputs[0]! })], anchor);
    for (const [index, output] of node.outputs.entries()) {
      const type = shapes.types.get(output);
      if (type) shapes.assume(outputs[index]!, type);
      if (again.has(output)) names.set(output, outputs[index]!);
    }
  }
  for (const [value, name] of names)
    for (const reader of readBackward(value)) {
      if (!known.has(reader)) continue;
      for (const [index, input] of reader.inputs.entries())
        if (input === value) graph.setInput(reader, index, name);
    }
}

/** A value of the first forward pass, held back until a gradient is there. */
function holder(build: Builder, gradient: string, shapes: GrowingShapes): (value: string) => string {
  const names = new Map<string, string>();
  let size: string | undefined;
  const shapesOf = new Map<number, string>();
  return (value) => {
    const known = names.get(value);
    if (known) return known;
    const typed = (name: string, type: ValueType | undefined) => {
      if (type) shapes.assume(name, type);
      return name;
    };
    size ??= typed(build.op('Size', [gradient]), tensorType('int64', []));
    const rank = shapeOf(shapes.types.get(value))?.length ?? 0;
    const zeros = () => build.constant('int64', [rank], new Array<number>(rank).fill(0));
    const shape = shapesOf.get(rank) ?? typed(build.op('Mul', [size, zeros()]), tensorType('int64', [rank]));
    shapesOf.set(rank, shape);
    const name = typed(build.op('Reshape', [value, shape]), shapes.types.get(value));
    names.set(value, name);
    return name;
  };
}
