import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf, labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import type { TensorType, ValueType } from '../ir/value-type.ts';
import { type Coupling, isNone, readAttributes, type Slot } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import type { Shapes } from './shapes.ts';

/** An axis that loses the channels of its group. */
export interface ChannelMember {
  readonly value: string;
  readonly axis: number;
  /** True for a weight that is cut; false for a computed value, which gets smaller by itself. */
  readonly constant: boolean;
  /** The group's channel behind every index of the axis; -1 for what belongs to another group. */
  readonly channels: Int32Array;
}

/**
 * Channels of several layers that can only go together (Fang et al., "DepGraph: Towards Any Structural Pruning", CVPR 2023):
 * cutting channel c removes, from every member's axis, all indices that map to c, and leaves a model of smaller layers.
 */
export interface ChannelGroup {
  /** Number of channels that can be cut one by one. */
  readonly size: number;
  readonly members: readonly ChannelMember[];
  /** Why nothing can be cut: the first node, input or output that the channels reach and that needs all of them. */
  readonly blocked: string | undefined;
}

/**
 * Finds the channel groups of the main graph from the couplings that operators declare. Groups start at axes of constants;
 * values that bodies read, inputs and outputs of the model block a group. Every index of a constant's axis is in at most one
 * group.
 */
export function channelGroups({ graph }: Model, shapes: Shapes): readonly ChannelGroup[] {
  const couplings = nodeCouplings(graph, shapes);
  const covered = new Map<string, Uint8Array>();
  const groups: ChannelGroup[] = [];
  for (const node of graph.nodes) {
    for (const slot of seeds(graph, node, couplings(node))) {
      const value = node.inputs[slot.input!]!;
      const size = shapes.types.get(value);
      const count = size?.kind === 'tensor' ? size.shape?.[slot.axis] : undefined;
      if (typeof count !== 'number' || count < 2) continue;
      const done = covered.get(key(value, slot.axis));
      const labels = new Int32Array(count);
      for (let i = 0; i < count; i++) labels[i] = done?.[i] ? -1 : i;
      if (labels.every((label) => label < 0)) continue;
      const start = { value, axis: slot.axis, labels };
      // Where an axis was made of several, the first part is tried, and the last one where that leads nowhere.
      let found = new Exploration(graph, shapes, couplings, 'first').run(start);
      if (found.blocked) {
        const other = new Exploration(graph, shapes, couplings, 'last').run(start);
        if (!other.blocked) found = other;
      }
      for (const { value: name, axis, constant, channels } of found.members) {
        if (!constant) continue;
        const seen = covered.get(key(name, axis)) ?? new Uint8Array(channels.length);
        for (const [i, channel] of channels.entries()) if (channel >= 0) seen[i] = 1;
        covered.set(key(name, axis), seen);
      }
      groups.push(found);
    }
  }
  return groups;
}

const key = (value: string, axis: number): string => `${axis}:${value}`;

/** The couplings of a node; undefined with a reason where the operator has none. */
type NodeCouplings = (node: Node) => readonly Coupling[] | string;

function nodeCouplings(graph: Graph, shapes: Shapes): NodeCouplings {
  const known = new Map<Node, readonly Coupling[] | string>();
  const tensor = (type: ValueType | undefined): TensorType | undefined =>
    type?.kind === 'tensor' ? type : undefined;
  const find = (node: Node): readonly Coupling[] | string => {
    const operator = operatorOf(node);
    if (!operator) return 'Pare does not know the operator';
    if (isNone(operator.channels)) return operator.channels.none;
    return operator.channels({
      inputs: node.inputs.map((name) => tensor(shapes.types.get(name))),
      outputs: node.outputs.map((name) => tensor(shapes.types.get(name))),
      attributes: readAttributes(operator.attributes, node.attributes),
      constant: (input) => graph.constant(node.inputs[input] ?? ''),
    });
  };
  return (node) => {
    const result = known.get(node) ?? find(node);
    known.set(node, result);
    return result;
  };
}

/** Axes of constants that a node couples with others, those of its output first. */
function seeds(graph: Graph, node: Node, couplings: readonly Coupling[] | string): readonly Slot[] {
  if (typeof couplings === 'string') return [];
  const slots = couplings.flatMap(({ from, to }) =>
    from.output !== undefined || to.output !== undefined ? [from, to] : [],
  );
  const inner = couplings.flatMap(({ from, to }) => [from, to]);
  return [...slots, ...inner].filter(
    ({ input }) => input !== undefined && graph.constant(node.inputs[input] ?? '') !== undefined,
  );
}

interface Labelled {
  readonly value: string;
  readonly axis: number;
  readonly labels: Int32Array;
}

/** Follows the channels of one axis through the graph: an axis is a list of labels, and labels that must go together are joined. */
class Exploration {
  readonly #graph: Graph;
  readonly #shapes: Shapes;
  readonly #couplings: NodeCouplings;
  readonly #prefer: 'first' | 'last';
  readonly #slots = new Map<string, Labelled>();
  readonly #queue = new Set<Labelled>();
  #parents: Int32Array = new Int32Array(0);
  #blocked: string | undefined;

  constructor(graph: Graph, shapes: Shapes, couplings: NodeCouplings, prefer: 'first' | 'last') {
    this.#graph = graph;
    this.#shapes = shapes;
    this.#couplings = couplings;
    this.#prefer = prefer;
  }

  run(start: Labelled): ChannelGroup {
    this.#parents = Int32Array.from(start.labels, (_, i) => i);
    const first = { ...start, labels: start.labels.slice() };
    this.#slots.set(key(first.value, first.axis), first);
    this.#queue.add(first);
    for (const slot of this.#queue) {
      this.#queue.delete(slot);
      this.#leave(slot);
    }
    return this.#result();
  }

  #result(): ChannelGroup {
    const numbers = new Map<number, number>();
    const members = [...this.#slots.values()].map(({ value, axis, labels }) => ({
      value,
      axis,
      constant: this.#graph.constant(value) !== undefined,
      channels: labels.map((label) => {
        if (label < 0) return -1;
        const root = this.#root(label);
        if (!numbers.has(root)) numbers.set(root, numbers.size);
        return numbers.get(root)!;
      }),
    }));
    return { size: numbers.size, members, blocked: this.#blocked };
  }

  #root(label: number): number {
    let at = label;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]!]!;
      at = this.#parents[at]!;
    }
    return at;
  }

  /** Goes from an axis to all that its producer and its consumers couple it with. */
  #leave(slot: Labelled): void {
    const { value } = slot;
    const graph = this.#graph;
    if (graph.isInput(value)) this.#block(`'${value}' is an input of the model`);
    if (graph.isOutput(value)) this.#block(`'${value}' is an output of the model`);
    const producer = graph.producer(value);
    const nodes = new Set(producer ? [producer, ...graph.consumers(value)] : graph.consumers(value));
    for (const node of nodes) {
      if (producer === node && node.inputs.length === 0) continue;
      const couplings = this.#couplings(node);
      const name = `${qualifiedOp(node)} '${labelOf(node)}'`;
      if (typeof couplings === 'string') {
        this.#block(`${name}: ${couplings}`);
        continue;
      }
      const places = placesOf(node, slot);
      if (places.length === 0 || bodiesOf(node).length > 0) this.#block(`${name} reads '${value}' in a body`);
      for (const place of places) {
        const own = couplings.filter(({ from, to }) => same(from, place) || same(to, place));
        if (own.length === 0) this.#block(`${name} needs all of axis ${slot.axis} of '${value}'`);
        this.#follow(node, slot, place, own);
      }
      this.#checkLists(node, slot, name);
    }
  }

  #follow(node: Node, slot: Labelled, place: Slot, couplings: readonly Coupling[]): void {
    const parts = couplings.filter((coupling) => same(coupling.to, place) && isPart(coupling));
    const chosen =
      parts.length < 2
        ? parts
        : [
            parts.find((part) => this.#fits(node, slot, part)) ??
              parts.at(this.#prefer === 'first' ? 0 : -1)!,
          ];
    for (const coupling of couplings) {
      if (same(coupling.from, place)) this.#down(node, slot, coupling);
      if (same(coupling.to, place) && (!isPart(coupling) || chosen.includes(coupling)))
        this.#up(node, slot, coupling);
      if ((coupling.groups ?? 1) > 1) this.#joinBlocks(slot, coupling.groups!);
    }
  }

  /** True when all images of each channel of the part have one label: the axis is that part already. */
  #fits(node: Node, slot: Labelled, part: Coupling): boolean {
    const count = this.#size(node, part.from);
    if (count === undefined) return false;
    for (let c = 0; c < count; c++) {
      const roots = new Set(images(part, c, count).map((at) => this.#rootAt(slot.labels, at)));
      if (roots.size > 1) return false;
    }
    return true;
  }

  #rootAt(labels: Int32Array, at: number): number {
    const label = labels[at] ?? -1;
    return label < 0 ? -1 : this.#root(label);
  }

  #down(node: Node, slot: Labelled, coupling: Coupling): void {
    const count = slot.labels.length;
    this.#visit(node, coupling.to, (labels) => {
      for (let c = 0; c < count; c++)
        for (const at of images(coupling, c, count)) this.#put(labels, at, slot.labels[c]!);
    });
  }

  #up(node: Node, slot: Labelled, coupling: Coupling): void {
    const count = this.#size(node, coupling.from);
    if (count === undefined) return;
    let some = false;
    for (let c = 0; c < count && !some; c++)
      some = images(coupling, c, count).some((at) => (slot.labels[at] ?? -1) >= 0);
    if (!some) return;
    this.#visit(node, coupling.from, (labels) => {
      for (let c = 0; c < count; c++)
        for (const at of images(coupling, c, count)) this.#put(labels, c, slot.labels[at] ?? -1);
    });
    // Indices that go with one channel go together.
    for (let c = 0; c < count; c++) {
      const list = images(coupling, c, count);
      const label = list.map((at) => slot.labels[at] ?? -1).find((found) => found >= 0) ?? -1;
      for (const at of list) this.#put(slot, at, label);
    }
  }

  /** Blocks of an axis lose the same channels. */
  #joinBlocks(slot: Labelled, groups: number): void {
    const block = slot.labels.length / groups;
    if (!Number.isInteger(block)) return;
    for (let i = block; i < slot.labels.length; i++) {
      this.#put(slot, i, slot.labels[i % block]!);
      this.#put(slot, i % block, slot.labels[i]!);
    }
  }

  #size(node: Node, slot: Slot): number | undefined {
    const type = this.#shapes.types.get(nameAt(node, slot));
    const size = type?.kind === 'tensor' ? type.shape?.[slot.axis] : undefined;
    return typeof size === 'number' ? size : undefined;
  }

  #visit(node: Node, slot: Slot, label: (target: Labelled) => void): void {
    const value = nameAt(node, slot);
    const size = this.#size(node, slot);
    if (size === undefined) {
      this.#block(`axis ${slot.axis} of '${value}' has no known size`);
      return;
    }
    const id = key(value, slot.axis);
    const target = this.#slots.get(id) ?? { value, axis: slot.axis, labels: new Int32Array(size).fill(-1) };
    if (!this.#slots.has(id)) {
      this.#slots.set(id, target);
      this.#queue.add(target);
    }
    label(target);
  }

  /** Gives an index a label; one that it has already is joined with it. What changes is looked at again. */
  #put(slot: Labelled, at: number, label: number): void {
    if (label < 0 || at >= slot.labels.length) return;
    const has = slot.labels[at]!;
    if (has < 0) slot.labels[at] = label;
    else if (this.#root(has) === this.#root(label)) return;
    else this.#parents[this.#root(Math.max(has, label))] = this.#root(Math.min(has, label));
    this.#queue.add(slot);
  }

  /** A size that is computed, but not from the shape that changes, would stay as it is. */
  #checkLists(node: Node, slot: Labelled, name: string): void {
    if (!operatorOf(node)?.resize) return;
    for (const input of node.inputs.slice(1)) {
      const known = this.#shapes.ints.get(input);
      if (known?.includes(slot.labels.length) && this.#graph.constant(input) === undefined)
        this.#block(`${name} takes sizes that are computed: optimize the model first`);
    }
  }

  #block(reason: string): void {
    this.#blocked ??= reason;
  }
}

const isPart = ({ repeat = 1, tile = 1 }: Coupling): boolean => repeat !== 1 || tile !== 1;
const same = (a: Slot, b: Slot): boolean => a.axis === b.axis && a.input === b.input && a.output === b.output;
const nameAt = (node: Node, { input, output }: Slot): string =>
  (input === undefined ? node.outputs[output!] : node.inputs[input]) ?? '';

/** Where channel c of `from`, which has `count`, is in `to`. */
function images({ offset = 0, repeat = 1, tile = 1 }: Coupling, c: number, count: number): number[] {
  return Array.from({ length: tile * repeat }, (_, i) => {
    const [t, r] = [Math.floor(i / repeat), i % repeat];
    return offset + (t * count + c) * repeat + r;
  });
}

/** The inputs and outputs of a node that are this value. */
function placesOf(node: Node, { value, axis }: Labelled): Slot[] {
  return [
    ...node.inputs.flatMap((name, input) => (name === value ? [{ input, axis }] : [])),
    ...node.outputs.flatMap((name, output) => (name === value ? [{ output, axis }] : [])),
  ];
}
