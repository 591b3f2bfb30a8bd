import { PareError } from '../base/errors.ts';
import type { Dim } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import { type Model, opsetOf } from '../ir/model.ts';
import { labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import { numbers, sizeOf, type Tensor } from '../ir/tensor.ts';
import { tensorType, type ValueType } from '../ir/value-type.ts';
import { type Inferred, readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';

/** What is known of every value of a model. Values of bodies are under their own names, which ONNX keeps unique. */
export interface Shapes {
  readonly types: ReadonlyMap<string, ValueType>;
  /** Known integer elements of a value: how shapes flow. */
  readonly ints: ReadonlyMap<string, readonly Dim[]>;
  /** What contradicts itself, node by node; inference goes on behind it. */
  readonly problems: readonly ShapeProblem[];
}

export interface ShapeProblem {
  readonly node: Node;
  readonly message: string;
}

/** Constants above this many elements are never read as integers. */
const readable = 1024;
/** Floating-point constants only matter as scales of shapes, which are few. */
const readableFloats = 8;

/**
 * Infers types and shapes of all values, symbolic where the inputs are: one walk in graph order (ONNX "Shape inference", with
 * data propagation). What the file states for intermediate values is used only for operators that Pare does not know.
 * `inputs` overrides the types of graph inputs.
 */
export function inferShapes(model: Model, inputs: ReadonlyMap<string, ValueType> = new Map()): Shapes {
  const inference = new Inference(model);
  const { graph } = model;
  inference.graph(
    graph,
    graph.inputs.map((input) => inputs.get(input.name) ?? input.type),
  );
  return inference;
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
  return inferShapes(model, inputs) as Inference;
}

class Inference implements GrowingShapes {
  readonly types = new Map<string, ValueType>();
  readonly ints = new Map<string, readonly Dim[]>();
  readonly problems: ShapeProblem[] = [];
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
  }

  graph(graph: Graph, inputs: readonly (ValueType | undefined)[]): readonly (ValueType | undefined)[] {
    for (const [index, { name, type }] of graph.inputs.entries()) this.#set(name, inputs[index] ?? type);
    for (const value of graph.initializers.values()) this.#setConstant(value.name, value);
    for (const [name, value] of graph.sparseInitializers)
      this.#set(name, tensorType(value.values.type, value.dims));
    for (const node of graph.nodes) this.#node(graph, node);
    return graph.outputs.map(({ name, type }) => this.types.get(name) ?? type);
  }

  assume(value: string, type: ValueType): void {
    this.#set(value, type);
  }

  extend(graph: Graph, nodes: readonly Node[]): void {
    for (const node of nodes) {
      for (const name of node.inputs) {
        const value = this.types.has(name) ? undefined : graph.initializers.get(name);
        if (value) this.#setConstant(name, value);
      }
      this.#node(graph, node);
    }
  }

  #node(graph: Graph, node: Node): void {
    const inferred = this.#infer(graph, node);
    for (const [index, name] of node.outputs.entries()) {
      if (name === '') continue;
      const result = inferred[index];
      const { type, ints } =
        result && 'type' in result && !('kind' in result)
          ? (result as Inferred)
          : { type: result as ValueType | undefined, ints: undefined };
      this.#set(
        name,
        type ?? graph.valueInfo.get(name)?.type ?? graph.outputs.find((output) => output.name === name)?.type,
      );
      if (ints) this.ints.set(name, ints);
    }
  }

  #infer(graph: Graph, node: Node): readonly (Inferred | ValueType | undefined)[] {
    const operator = operatorOf(node);
    if (!operator) return [];
    const constant = (input: number) => graph.constant(node.inputs[input] ?? '');
    try {
      return operator.infer({
        inputs: node.inputs.map((name) => this.types.get(name)),
        attributes: readAttributes(operator.attributes, node.attributes),
        opset: this.#model.opsets.get(node.domain) ?? opsetOf(this.#model),
        outputCount: node.outputs.length,
        given: (input) => (node.inputs[input] ?? '') !== '',
        constant,
        ints: (input) => {
          const name = node.inputs[input];
          if (name === undefined || name === '') return undefined;
          return this.ints.get(name) ?? smallInts(constant(input));
        },
        inferBody: (body, inputs) => this.graph(body, inputs),
        fail: (message) => {
          throw new PareError('shape-mismatch', message, { place: { name: labelOf(node) } });
        },
      });
    } catch (error) {
      if (!(error instanceof PareError)) throw error;
      this.problems.push({ node, message: `${qualifiedOp(node)} '${labelOf(node)}': ${error.message}` });
      return [];
    }
  }

  #set(name: string, type: ValueType | undefined): void {
    if (type) this.types.set(name, type);
  }

  #setConstant(name: string, value: Tensor): void {
    if (!this.types.has(name)) this.#set(name, tensorType(value.type, value.dims));
  }
}

const integral = new Set(['int64', 'int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'uint64', 'bool']);

function smallInts(value: Tensor | undefined): readonly number[] | undefined {
  if (!value || sizeOf(value) > (integral.has(value.type) ? readable : readableFloats)) return undefined;
  return integral.has(value.type) || value.type === 'float' || value.type === 'double'
    ? numbers(value)
    : undefined;
}
