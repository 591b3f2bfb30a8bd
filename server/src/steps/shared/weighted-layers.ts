import type { Graph } from '../../ir/graph.ts';
import { bodiesOf, type Node } from '../../ir/node.ts';
import type { Tensor } from '../../ir/tensor.ts';

/** A node with constant weights that it multiplies its input with. */
export interface WeightedLayer {
  readonly node: Node;
  /** The graph, or the body, that holds the node. */
  readonly graph: Graph;
  readonly weights: readonly Weight[];
}

export interface Weight {
  readonly input: number;
  readonly name: string;
  readonly tensor: Tensor;
  /** The graph that holds the constant: an outer one where a body reads it from there. */
  readonly owner: Graph;
  /** The axis over which products are summed: input channels of a convolution, rows of a matrix. */
  readonly sumAxis: number;
}

/** Inputs that hold weights, and the axis of each over which products are summed. */
const weightInputs: Readonly<Record<string, (node: Node, rank: number) => readonly [number, number][]>> = {
  Conv: () => [[1, 1]],
  ConvTranspose: () => [[1, 0]],
  Gemm: (node) => {
    const isSet = (name: string) => {
      const attribute = node.attributes.get(name);
      return attribute?.kind === 'int' && Number(attribute.value) !== 0;
    };
    return [
      [0, isSet('transA') ? 0 : 1],
      [1, isSet('transB') ? 1 : 0],
    ];
  },
  MatMul: (_, rank) => [
    [0, rank - 1],
    [1, Math.max(0, rank - 2)],
  ],
  LSTM: () => recurrent,
  GRU: () => recurrent,
  RNN: () => recurrent,
};
const recurrent: readonly [number, number][] = [
  [1, 2],
  [2, 2],
];

/** Operators that have weights, for completion and for `layers:`. */
export const weightedOps: readonly string[] = Object.keys(weightInputs);

/** The layers with floating-point weights, bodies included, in graph order. */
export function weightedLayers(graph: Graph): WeightedLayer[] {
  return graph.nodes.flatMap((node) => {
    const weights = weightsOf(graph, node);
    const here = weights.length > 0 ? [{ node, graph, weights }] : [];
    return [...here, ...bodiesOf(node).flatMap(weightedLayers)];
  });
}

function weightsOf(graph: Graph, node: Node): Weight[] {
  if (node.domain !== '') return [];
  const rank = Math.max(0, ...node.inputs.map((input) => graph.constant(input)?.dims.length ?? 0));
  return (weightInputs[node.opType]?.(node, rank) ?? []).flatMap(([input, sumAxis]) => {
    const name = node.inputs[input] ?? '';
    const tensor = graph.constant(name);
    const owner = ownerOf(graph, name);
    const isWeight = tensor && tensor.dims.length > 1 && floatTypes.has(tensor.type);
    return isWeight && owner ? [{ input, name, tensor, owner, sumAxis }] : [];
  });
}

const floatTypes: ReadonlySet<string> = new Set(['float', 'float16', 'bfloat16', 'double']);

function ownerOf(graph: Graph, value: string): Graph | undefined {
  return graph.defines(value) ? graph : graph.outer && ownerOf(graph.outer, value);
}

/** Gives a constant other contents, whether it is an initializer or a Constant node. */
export function setConstant(owner: Graph, name: string, value: Tensor): void {
  const producer = owner.producer(name);
  if (producer) owner.setAttribute(producer, 'value', { kind: 'tensor', value });
  else owner.setInitializer({ ...value, name });
}

/**
 * Nodes of a graph that was made from another one, bodies included, with the nodes that they were: those of the same operator
 * with the same first output.
 */
export function originals(made: Graph, original: Graph): ReadonlyMap<Node, Node> {
  const byOutput = new Map<string, Node>();
  const index = (graph: Graph) => {
    for (const node of graph.nodes) {
      byOutput.set(node.outputs[0] ?? '', node);
      for (const body of bodiesOf(node)) index(body);
    }
  };
  index(original);
  const pairs = new Map<Node, Node>();
  const visit = (graph: Graph) => {
    for (const node of graph.nodes) {
      const source = byOutput.get(node.outputs[0] ?? '');
      if (source?.opType === node.opType) pairs.set(node, source);
      for (const body of bodiesOf(node)) visit(body);
    }
  };
  visit(made);
  return pairs;
}
