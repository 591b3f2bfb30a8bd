import { PareError } from '../base/errors.ts';
import { type Attribute, type Attributes, subgraphs } from './attribute.ts';
import { bodiesOf, labelOf, type Node } from './node.ts';
import { renamed, type SparseTensor, type Tensor } from './tensor.ts';
import type { ValueInfo } from './value-type.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A graph in single-assignment form: values are known by name, each has one producer. It is the one mutable class of the
 * engine: all edits go through its methods, which keep the index of producers and consumers right.
 * A consumer inside an If, Loop or Scan body counts as a use by the node that owns the body.
 */
export class Graph {
  name: string;
  doc = '';
  readonly metadata = new Map<string, string>();
  readonly inputs: ValueInfo[] = [];
  readonly outputs: ValueInfo[] = [];
  readonly sparseInitializers = new Map<string, SparseTensor>();
  /** Types the file states for intermediate values: hints, not facts. */
  readonly valueInfo = new Map<string, ValueInfo>();
  /** Raw `quantization_annotation` messages, kept as they are. */
  readonly quantizationAnnotations: Uint8Array[] = [];
  /** Fields that Pare does not read, kept byte for byte. */
  readonly unknown: Uint8Array[] = [];
  #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #producers = new Map<string, Node>();
  readonly #consumers = new Map<string, Set<Node>>();
  #owner: { readonly graph: Graph; readonly node: Node } | undefined;
  #fresh = 0;

  constructor(name = 'graph') {
    this.name = name;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get initializers(): ReadonlyMap<string, Tensor> {
    return this.#initializers;
  }

  /** The graph around this body, or undefined for the main graph. */
  get outer(): Graph | undefined {
    return this.#owner?.graph;
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** Nodes of this graph that read the value, themselves or in a body. */
  consumers(value: string): readonly Node[] {
    return [...(this.#consumers.get(value) ?? [])];
  }

  /** The one node that reads the value, when there is exactly one, reading it once, and the value is no graph output. */
  soleConsumer(value: string): Node | undefined {
    const consumers = this.#consumers.get(value);
    if (consumers?.size !== 1 || this.isOutput(value)) return undefined;
    const [node] = consumers as Set<Node> & Iterable<Node>;
    return node!.inputs.filter((input) => input === value).length === 1 && !captures(node!).has(value)
      ? node
      : undefined;
  }

  isInput(value: string): boolean {
    return this.inputs.some((input) => input.name === value);
  }

  isOutput(value: string): boolean {
    return this.outputs.some((output) => output.name === value);
  }

  /** True when this graph itself defines the value. */
  defines(value: string): boolean {
    return (
      this.#producers.has(value) ||
      this.#initializers.has(value) ||
      this.sparseInitializers.has(value) ||
      this.isInput(value)
    );
  }

  /**
   * The constant behind a value: an initializer that no caller can override, or a Constant node's tensor; looked up in outer
   * graphs too. Undefined for anything computed.
   */
  constant(value: string): Tensor | undefined {
    if (value === '') return undefined;
    const initializer = this.#initializers.get(value);
    if (initializer) return this.isInput(value) ? undefined : initializer;
    const producer = this.#producers.get(value);
    if (producer) {
      const attribute =
        producer.opType === 'Constant' && producer.domain === ''
          ? producer.attributes.get('value')
          : undefined;
      return attribute?.kind === 'tensor' ? attribute.value : undefined;
    }
    return this.isInput(value) ? undefined : this.outer?.constant(value);
  }

  /** A name that no value or node of this graph has, starting with `prefix`. */
  freshName(prefix: string): string {
    let name = prefix;
    while (
      this.defines(name) ||
      this.#consumers.has(name) ||
      this.isOutput(name) ||
      this.outer?.reserves(name)
    )
      name = `${prefix}_${this.#fresh++}`;
    return name;
  }

  private reserves(name: string): boolean {
    return this.defines(name) || this.#consumers.has(name) || (this.outer?.reserves(name) ?? false);
  }

  /** Appends nodes, or puts them right before `anchor`. Nodes must keep topological order. */
  add(nodes: readonly Node[], anchor?: Node): void {
    const at = anchor ? this.#nodes.indexOf(anchor) : this.#nodes.length;
    if (at < 0) throw new Error(`anchor '${anchor!.name}' is not in graph '${this.name}'`);
    if (nodes.length === 1 || anchor) this.#nodes.splice(at, 0, ...nodes);
    else for (const node of nodes) this.#nodes.push(node);
    for (const node of nodes) this.#link(node);
  }

  /** Removes nodes. Whoever read their outputs must have been given something else. */
  remove(nodes: Iterable<Node>): void {
    const gone = new Set(nodes);
    if (gone.size === 0) return;
    this.#nodes = this.#nodes.filter((node) => !gone.has(node));
    for (const node of gone) this.#unlink(node);
  }

  /** Puts `node`'s replacement in its place. Outputs may be the same names. */
  replace(node: Node, by: readonly Node[]): void {
    const at = this.#nodes.indexOf(node);
    if (at < 0) throw new Error(`node '${node.name}' is not in graph '${this.name}'`);
    this.#unlink(node);
    this.#nodes.splice(at, 1, ...by);
    for (const added of by) this.#link(added);
  }

  setInput(node: Node, index: number, value: string): void {
    this.update(node, { inputs: node.inputs.map((input, i) => (i === index ? value : input)) });
  }

  setAttribute(node: Node, name: string, value: Attribute | undefined): void {
    const attributes = new Map(node.attributes);
    if (value) attributes.set(name, value);
    else attributes.delete(name);
    this.update(node, { attributes });
  }

  /** Changes fields of a node in place: it stays the same object. */
  update(node: Node, change: Partial<Omit<Node, 'attributes'>> & { readonly attributes?: Attributes }): void {
    this.#unlink(node);
    Object.assign(node as Mutable<Node>, change);
    this.#link(node);
  }

  /** Makes every reader of `from`, graph outputs excepted, read `to`, in bodies too. */
  replaceUses(from: string, to: string): void {
    for (const node of this.consumers(from)) {
      for (const body of bodiesOf(node)) if (!body.defines(from)) body.replaceUsesWithin(from, to);
      this.update(node, { inputs: node.inputs.map((input) => (input === from ? to : input)) });
    }
  }

  private replaceUsesWithin(from: string, to: string): void {
    this.replaceUses(from, to);
    for (const [index, output] of this.outputs.entries())
      if (output.name === from) this.outputs[index] = { ...output, name: to };
  }

  /** Adds or replaces an initializer under its own name. */
  setInitializer(value: Tensor): void {
    this.#initializers.set(value.name, value);
  }

  removeInitializer(name: string): void {
    this.#initializers.delete(name);
  }

  /** Adds a constant under a fresh name that starts with its own; returns that name. */
  addInitializer(value: Tensor): string {
    const name = this.freshName(value.name || 'constant');
    this.setInitializer(renamed(value, name));
    return name;
  }

  /** Puts the nodes in the order of dependencies, stable otherwise. Throws `graph-cycle` when they form a cycle. */
  sort(): void {
    const order: Node[] = [];
    const state = new Map<Node, 'open' | 'done'>();
    for (const root of this.#nodes) {
      const stack: { node: Node; next: Iterator<string> }[] = [];
      const open = (node: Node) => {
        if (state.get(node) === 'open') throw cycle(node);
        if (state.has(node)) return;
        state.set(node, 'open');
        stack.push({ node, next: [...node.inputs, ...captures(node)][Symbol.iterator]() });
      };
      open(root);
      while (stack.length > 0) {
        const top = stack[stack.length - 1]!;
        const { value, done } = top.next.next();
        if (done) {
          state.set(top.node, 'done');
          order.push(top.node);
          stack.pop();
        } else {
          const producer = this.#producers.get(value);
          if (producer) open(producer);
        }
      }
    }
    this.#nodes = order;
  }

  /** A deep copy; constants are shared, since they never change. */
  clone(): Graph {
    const copy = new Graph(this.name);
    copy.doc = this.doc;
    for (const [key, value] of this.metadata) copy.metadata.set(key, value);
    copy.inputs.push(...this.inputs);
    copy.outputs.push(...this.outputs);
    for (const [key, value] of this.sparseInitializers) copy.sparseInitializers.set(key, value);
    for (const [key, value] of this.valueInfo) copy.valueInfo.set(key, value);
    for (const [key, value] of this.#initializers) copy.#initializers.set(key, value);
    copy.quantizationAnnotations.push(...this.quantizationAnnotations);
    copy.unknown.push(...this.unknown);
    copy.#fresh = this.#fresh;
    copy.add(this.#nodes.map((node) => ({ ...node, attributes: cloneAttributes(node.attributes) })));
    return copy;
  }

  #link(node: Node): void {
    for (const output of node.outputs) if (output !== '') this.#producers.set(output, node);
    for (const body of bodiesOf(node)) body.#owner = { graph: this, node };
    for (const value of reads(node)) {
      const consumers = this.#consumers.get(value);
      if (consumers) consumers.add(node);
      else this.#consumers.set(value, new Set([node]));
    }
    this.#changedWithin();
  }

  #unlink(node: Node): void {
    for (const output of node.outputs)
      if (this.#producers.get(output) === node) this.#producers.delete(output);
    for (const value of reads(node)) {
      const consumers = this.#consumers.get(value);
      consumers?.delete(node);
      if (consumers?.size === 0) this.#consumers.delete(value);
    }
  }

  /** What a body captures may have changed: the owner's uses are indexed anew. */
  #changedWithin(): void {
    if (!this.#owner) return;
    const { graph, node } = this.#owner;
    for (const consumers of graph.#consumers.values()) consumers.delete(node);
    for (const value of reads(node)) {
      const consumers = graph.#consumers.get(value);
      if (consumers) consumers.add(node);
      else graph.#consumers.set(value, new Set([node]));
    }
    graph.#changedWithin();
  }
}

const cycle = (node: Node): PareError =>
  new PareError('graph-cycle', `The nodes form a cycle through '${labelOf(node)}'.`, {
    hint: 'A value cannot depend on itself: export the model again.',
    place: { name: labelOf(node) },
  });

/** Values of enclosing graphs that a node's bodies read. */
export function captures(node: Node): ReadonlySet<string> {
  const found = new Set<string>();
  for (const body of bodiesOf(node)) {
    for (const inner of body.nodes)
      for (const value of reads(inner)) if (!body.defines(value)) found.add(value);
    for (const output of body.outputs) if (!body.defines(output.name)) found.add(output.name);
  }
  return found;
}

function reads(node: Node): Set<string> {
  const values = new Set(node.inputs);
  for (const value of captures(node)) values.add(value);
  values.delete('');
  return values;
}

function cloneAttributes(attributes: Attributes): Attributes {
  return new Map(
    [...attributes].map(([name, attribute]) => {
      if (subgraphs(attribute).length === 0) return [name, attribute];
      return [
        name,
        attribute.kind === 'graph'
          ? { kind: 'graph', value: attribute.value.clone() }
          : { kind: 'graphs', value: subgraphs(attribute).map((body) => body.clone()) },
      ];
    }),
  );
}
