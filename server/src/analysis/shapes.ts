import { messageOf, PareError } from '../base/errors.ts';
import type { Dim } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { LocalFunction, Model } from '../ir/model.ts';
import { bodiesOf, labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import { tensorType, type ValueType } from '../ir/value-type.ts';
import { type Inferred, readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import { nodeOrder } from './node-order.ts';
import {
  bind,
  constantOf,
  intsOf,
  lookUp,
  type Scope,
  set,
  setConstant,
  smallInts,
  statedIn,
} from './scope.ts';
import { contradiction, refine } from './stated-types.ts';

/** What is known of every value of a model. */
export interface Shapes {
  /**
   * Types by name. Values of bodies are among them, since ONNX keeps names unique; where two bodies do share one, `typeIn`
   * tells them apart. Values inside model-local functions are not: they differ from call to call.
   */
  readonly types: ReadonlyMap<string, ValueType>;
  /** Known integer elements of a value of the main graph or a body: how shapes flow. */
  readonly ints: ReadonlyMap<string, readonly Dim[]>;
  /** What contradicts itself, node by node; inference goes on behind it. */
  readonly problems: readonly ShapeProblem[];
  /** The type of a value as a node of this graph sees it: the main graph, or a body. By name alone for another graph. */
  readonly typeIn: (graph: Graph, name: string) => ValueType | undefined;
}

export interface ShapeProblem {
  readonly node: Node;
  readonly message: string;
  /**
   * `mismatch`: the node's inputs do not fit it. `stated`: the file states another type than the node gives, which runtimes
   * mostly ignore. `failed`: Pare's own rule failed on attributes that make no sense.
   */
  readonly kind: 'mismatch' | 'stated' | 'failed';
}

/** Bodies and functions that are nested deeper are taken as unknown: no exporter comes near. */
const deepest = 64;

/**
 * Infers types and shapes of all values, symbolic where the inputs are: one walk, producers first (ONNX "Shape inference",
 * with data propagation), through bodies and model-local functions. What the file states for intermediate values stands in
 * for what is not inferred, see `refine`. `inputs` overrides the types of graph inputs; what the file states then counts for
 * unknown operators alone, since it may hold for the old inputs only.
 * Never throws and never loops: what contradicts itself is in `problems`.
 */
export function inferShapes(model: Model, inputs: ReadonlyMap<string, ValueType> = new Map()): Shapes {
  return growingShapes(model, inputs);
}

/** A walk that can be continued: types of nodes that are added to a graph piece by piece, such as a backward pass. */
export interface GrowingShapes extends Shapes {
  /** Infers the outputs of nodes whose inputs are known already. */
  readonly extend: (graph: Graph, nodes: readonly Node[]) => void;
  /** States the type of a value that is known from elsewhere. */
  readonly assume: (value: string, type: ValueType) => void;
}

/** As `inferShapes`, for a graph that will grow: constants and nodes added later are taken in by `extend`. */
export function growingShapes(
  model: Model,
  inputs: ReadonlyMap<string, ValueType> = new Map(),
): GrowingShapes {
  const inference = new Inference(model, inputs);
  inference.publish();
  return inference;
}

type Types = readonly (ValueType | undefined)[];
type Result = Inferred | ValueType | undefined;

class Inference implements GrowingShapes {
  readonly types = new Map<string, ValueType>();
  readonly ints = new Map<string, readonly Dim[]>();
  readonly #model: Model;
  readonly #functions: ReadonlyMap<string, LocalFunction>;
  readonly #scopes = new Map<Graph, Scope>();
  readonly #problems = new Map<Node, readonly ShapeProblem[]>();
  readonly #trustStated: boolean;
  readonly #calls = new Set<LocalFunction>();
  /** Nodes that may still be visited: functions that call functions could take exponentially many. */
  #budget: number;

  constructor(model: Model, inputs: ReadonlyMap<string, ValueType>) {
    this.#model = model;
    this.#trustStated = inputs.size === 0;
    this.#functions = new Map(model.functions.map((item) => [functionKey(item, item.name), item]));
    const { graph } = model;
    this.#budget =
      100_000 +
      20 * [graph, ...model.functions.map((item) => item.graph)].reduce((n, g) => n + countNodes(g), 0);
    const main = this.#scope(graph, undefined, { types: this.types, ints: this.ints });
    this.#walk(
      main,
      graph.inputs.map((input) => inputs.get(input.name) ?? input.type),
    );
  }

  get problems(): readonly ShapeProblem[] {
    return [...this.#problems.values()].flat();
  }

  typeIn(graph: Graph, name: string): ValueType | undefined {
    const scope = this.#scopes.get(graph);
    return scope ? lookUp(scope, name) : this.types.get(name);
  }

  /** Makes the values of bodies known by name. */
  publish(): void {
    for (const { types, ints } of this.#scopes.values()) {
      for (const [name, type] of types) if (!this.types.has(name)) this.types.set(name, type);
      for (const [name, values] of ints) if (!this.ints.has(name)) this.ints.set(name, values);
    }
  }

  assume(value: string, type: ValueType): void {
    this.types.set(value, type);
  }

  extend(graph: Graph, nodes: readonly Node[]): void {
    const scope =
      this.#scopes.get(graph) ?? this.#scope(graph, undefined, { types: this.types, ints: this.ints });
    this.#budget += 20 * nodes.length;
    for (const node of nodes) {
      for (const name of node.inputs) {
        const value = scope.types.has(name) ? undefined : graph.initializers.get(name);
        if (value) setConstant(scope, name, value);
      }
      this.#node(scope, node);
    }
  }

  #scope(
    graph: Graph,
    outer: Scope | undefined,
    values: Pick<Scope, 'types' | 'ints'>,
    of: Partial<Pick<Scope, 'call' | 'opsets' | 'depth'>> = {},
  ): Scope {
    const scope: Scope = {
      graph,
      outer,
      ...values,
      inputs: new Set(graph.inputs.map(({ name }) => name)),
      depth: of.depth ?? (outer ? outer.depth + 1 : 0),
      opsets: of.opsets ?? outer?.opsets ?? this.#model.opsets,
      call: of.call ?? outer?.call,
    };
    // Bodies inside functions differ from call to call.
    if (!scope.call) this.#scopes.set(graph, scope);
    return scope;
  }

  #walk(scope: Scope, inputs: Types): Types {
    const { graph } = scope;
    for (const [index, { name, type }] of graph.inputs.entries())
      set(scope, name, inputs[index] ?? statedIn(scope, type));
    for (const value of graph.initializers.values()) setConstant(scope, value.name, value);
    for (const [name, value] of graph.sparseInitializers)
      set(scope, name, tensorType(value.values.type, value.dims));
    const outputs = new Map(graph.outputs.map((output) => [output.name, output.type]));
    for (const node of nodeOrder(graph)) this.#node(scope, node, outputs);
    return graph.outputs.map(({ name, type }) => lookUp(scope, name) ?? type);
  }

  #node(scope: Scope, node: Node, outputs?: ReadonlyMap<string, ValueType | undefined>): void {
    const problems: ShapeProblem[] = [];
    const report = (kind: ShapeProblem['kind'], message: string) =>
      problems.push({ kind, node, message: `${qualifiedOp(node)} '${labelOf(node)}': ${message}` });
    const inferred = this.#budget-- > 0 ? this.#infer(scope, node, report) : [];
    for (const [index, name] of node.outputs.entries()) {
      if (name === '') continue;
      const result = inferred[index];
      const known: Inferred = isInferred(result) ? result : { type: result };
      const stated = statedIn(scope, scope.graph.valueInfo.get(name)?.type ?? outputs?.get(name));
      const type =
        known.type && !this.#trustStated
          ? known.type
          : refine(known.type, stated, () => report('stated', contradiction(name, known.type, stated)));
      set(scope, name, type);
      if (known.ints) scope.ints.set(name, known.ints);
      else scope.ints.delete(name);
    }
    if (problems.length > 0) this.#problems.set(node, problems);
    else this.#problems.delete(node);
  }

  #infer(
    scope: Scope,
    node: Node,
    report: (kind: ShapeProblem['kind'], message: string) => void,
  ): readonly Result[] {
    const types = node.inputs.map((name) => (name === '' ? undefined : lookUp(scope, name)));
    const attributes = bind(node.attributes, scope.call?.attributes);
    const called = this.#functions.get(functionKey(node, node.opType));
    if (called) return this.#call(scope, called, { ...node, attributes }, types, report);
    const operator = operatorOf(node);
    if (!operator) return [];
    const constant = (input: number) => constantOf(scope, node.inputs[input] ?? '');
    try {
      const results = operator.infer({
        inputs: types,
        attributes: readAttributes(operator.attributes, attributes),
        opset: scope.opsets.get(node.domain) ?? scope.opsets.get('') ?? 1,
        outputCount: node.outputs.length,
        given: (input) => (node.inputs[input] ?? '') !== '',
        constant,
        ints: (input) => {
          const name = node.inputs[input];
          if (name === undefined || name === '') return undefined;
          return intsOf(scope, name) ?? smallInts(constant(input));
        },
        inferBody: (body, inputs) => this.#body(scope, body, inputs),
        fail: (message) => {
          throw new PareError('shape-mismatch', message, { place: { name: labelOf(node) } });
        },
      });
      return results
        .slice(0, node.outputs.length)
        .map((result, index) =>
          possible(result, (message) => report('mismatch', `output ${index} ${message}`)),
        );
    } catch (error) {
      report(error instanceof PareError ? 'mismatch' : 'failed', messageOf(error));
      return [];
    }
  }

  #body(scope: Scope, body: Graph, inputs: Types): Types {
    if (scope.depth >= deepest || this.#budget <= 0) return body.outputs.map(({ type }) => type);
    return this.#walk(this.#scope(body, scope, { types: new Map(), ints: new Map() }), inputs);
  }

  /** The outputs of a model-local function (ONNX IR, "Functions"): its body with the call's inputs and attributes. */
  #call(
    scope: Scope,
    called: LocalFunction,
    node: Node,
    types: Types,
    report: (kind: ShapeProblem['kind'], message: string) => void,
  ): readonly Result[] {
    // A function may not call itself (ONNX IR, "Functions").
    if (this.#calls.has(called) || scope.depth >= deepest || this.#budget <= 0) return [];
    const { graph } = called;
    const names = graph.inputs.map(({ name }) => name);
    const constants = new Map(names.map((name, i) => [name, node.inputs[i] ?? '']));
    const inner = this.#scope(
      graph,
      undefined,
      { types: new Map(), ints: new Map() },
      {
        depth: scope.depth + 1,
        opsets: called.opsets,
        call: {
          attributes: new Map([...called.attributeDefaults, ...node.attributes]),
          constant: (name) => constantOf(scope, constants.get(name) ?? ''),
        },
      },
    );
    for (const [name, given] of constants) {
      const values = given === '' ? undefined : intsOf(scope, given);
      if (values) inner.ints.set(name, values);
    }
    this.#calls.add(called);
    const outputs = this.#walk(inner, types);
    this.#calls.delete(called);
    // A function has many callers: what is wrong inside is said of the call.
    for (const part of deepNodes(graph)) {
      for (const { kind, message } of this.#problems.get(part) ?? []) report(kind, `in its body, ${message}`);
      this.#problems.delete(part);
    }
    return outputs.map((type, i) => {
      const values = inner.ints.get(graph.outputs[i]!.name);
      return values ? { type, ints: values } : type;
    });
  }
}

const functionKey = (
  { domain, overload }: { readonly domain: string; readonly overload: string },
  name: string,
) => `${domain}:${name}:${overload}`;

/** The nodes of a graph and of its bodies. */
function* deepNodes(graph: Graph): Generator<Node> {
  for (const node of graph.nodes) {
    yield node;
    for (const body of bodiesOf(node)) yield* deepNodes(body);
  }
}

function countNodes(graph: Graph): number {
  let count = 0;
  for (const _ of deepNodes(graph)) count++;
  return count;
}

/** A result whose sizes can be: a window that is larger than the input, say, gives a negative one. */
function possible(result: Result, report: (message: string) => void): Result {
  const type = isInferred(result) ? result.type : result;
  if (type?.kind !== 'tensor') return result;
  if ((type.shape ?? []).every((dim) => typeof dim === 'string' || (Number.isInteger(dim) && dim >= 0)))
    return result;
  report(`would have the shape [${type.shape}]`);
  return tensorType(type.type);
}

const isInferred = (result: Result): result is Inferred =>
  result !== undefined && 'type' in result && !('kind' in result);
