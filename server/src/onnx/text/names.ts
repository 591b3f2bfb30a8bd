import type { TextRange } from '../../base/errors.ts';
import type {
  AttributeValueSyntax,
  FunctionSyntax,
  GraphSyntax,
  Name,
  NodeSyntax,
  Tree,
  ValueSyntax,
} from './tree.ts';

/** A value of a graph or function: where it is defined and where it is used, in bodies too. */
export interface ValueNames {
  readonly name: string;
  readonly kind: 'input' | 'initializer' | 'node output';
  readonly definitions: readonly TextRange[];
  readonly uses: readonly TextRange[];
}

export interface NamesOfText {
  readonly values: readonly ValueNames[];
  /** Calls of the functions of this text, by function. */
  readonly functions: ReadonlyMap<FunctionSyntax, readonly TextRange[]>;
  /** Uses of values that nothing defines. */
  readonly unresolved: readonly Name[];
}

/** Resolves every name of a text by ONNX's rules of scope: a body sees the values of the graphs around it, a function sees none. */
export function namesOf(tree: Tree): NamesOfText {
  const resolver = new Resolver(tree);
  if (tree.graph) resolver.graph(tree.graph, undefined);
  for (const item of tree.functions) resolver.scope(item, undefined);
  return resolver;
}

interface Entry {
  readonly name: string;
  readonly kind: ValueNames['kind'];
  readonly definitions: TextRange[];
  readonly uses: TextRange[];
}

interface Scope {
  readonly outer: Scope | undefined;
  readonly entries: Map<string, Entry>;
}

class Resolver implements NamesOfText {
  readonly values: Entry[] = [];
  readonly functions = new Map<FunctionSyntax, TextRange[]>();
  readonly unresolved: Name[] = [];
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
    for (const item of tree.functions) this.functions.set(item, []);
  }

  graph(graph: GraphSyntax, outer: Scope | undefined): void {
    this.scope(graph, outer);
  }

  scope(
    { inputs, outputs, values, nodes }: Pick<GraphSyntax, 'inputs' | 'outputs' | 'values' | 'nodes'>,
    outer: Scope | undefined,
  ): void {
    const scope: Scope = { outer, entries: new Map() };
    for (const input of inputs) this.#define(scope, input.name, 'input');
    for (const value of values) if (value.data) this.#define(scope, value.name, 'initializer');
    // All definitions first: text may be out of order, which is a problem of its own kind.
    for (const node of nodes) for (const output of node.outputs) this.#define(scope, output, 'node output');
    for (const node of nodes) this.#node(node, scope);
    for (const output of outputs) this.#use(scope, output.name);
    for (const value of values) if (!value.data) this.#mention(scope, value);
  }

  #node(node: NodeSyntax, scope: Scope): void {
    for (const input of node.inputs) this.#use(scope, input);
    for (const { value } of node.attributes) this.#bodies(value, scope);
    const called = this.#tree.functions.find(
      (item) => item.name.text === node.opType.text && domainOf(item) === node.domain,
    );
    if (called) this.functions.get(called)?.push(node.opType.range);
  }

  #bodies(value: AttributeValueSyntax, scope: Scope): void {
    if (value.kind === 'graph') this.graph(value.value, scope);
    else if (value.kind === 'list') for (const item of value.items) this.#bodies(item, scope);
  }

  #define(scope: Scope, { text, range }: Name, kind: ValueNames['kind']): void {
    if (text === '') return;
    const known = scope.entries.get(text);
    if (known) known.definitions.push(range);
    else {
      const entry: Entry = { name: text, kind, definitions: [range], uses: [] };
      scope.entries.set(text, entry);
      this.values.push(entry);
    }
  }

  #use(scope: Scope, name: Name): void {
    if (name.text === '') return;
    const entry = find(scope, name.text);
    if (entry) entry.uses.push(name.range);
    else this.unresolved.push(name);
  }

  /** A stated type is a use that may be of nothing: exporters leave types of values that are gone. */
  #mention(scope: Scope, { name }: ValueSyntax): void {
    find(scope, name.text)?.uses.push(name.range);
  }
}

function find(scope: Scope, name: string): Entry | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const entry = at.entries.get(name);
    if (entry) return entry;
  }
  return undefined;
}

function domainOf(item: FunctionSyntax): string {
  const value = item.header.find(({ key }) => key.text === 'domain')?.value;
  return value?.kind === 'string' ? value.value : '';
}
