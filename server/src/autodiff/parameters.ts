import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';
import { renamed, sizeOf, type Tensor } from '../ir/tensor.ts';
import { isNone } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';

/**
 * Brings a graph's weights into one form, initializers that no caller overrides, under the names of the values they are
 * read by: weights in `Constant` nodes, weights that old files list as inputs too, and vectors that the exporter shared
 * through `Identity` because they happened to be equal (biases, statistics). Shared matrices stay tied: they are meant to be.
 */
export function liftWeights(graph: Graph): void {
  for (const name of [...graph.initializers.keys()]) {
    const at = graph.inputs.findIndex((input) => input.name === name);
    if (at >= 0) graph.inputs.splice(at, 1);
  }
  for (const node of [...graph.nodes]) {
    const value = liftable(graph, node);
    if (!value) continue;
    graph.remove([node]);
    graph.setInitializer(renamed(value, node.outputs[0]!));
  }
}

function liftable(graph: Graph, node: Node): Tensor | undefined {
  if (node.domain !== '' || node.outputs.length !== 1) return undefined;
  // A graph output must keep its producer.
  if (graph.isOutput(node.outputs[0]!)) return undefined;
  if (node.opType === 'Constant') {
    const value = graph.constant(node.outputs[0]!);
    return value?.type === 'float' && sizeOf(value) > 1 ? value : undefined;
  }
  if (node.opType !== 'Identity') return undefined;
  const value = graph.constant(node.inputs[0]!);
  return value?.type === 'float' && value.dims.length === 1 ? value : undefined;
}

/**
 * Puts values into a model's graph as initializers under these names, in place of the initializer, `Constant` or `Identity`
 * that gave them before.
 */
export function storeWeights(graph: Graph, values: Iterable<Tensor>): void {
  for (const value of values) {
    const producer = graph.producer(value.name);
    if (producer) graph.remove([producer]);
    graph.setInitializer(value);
  }
}

/**
 * Initializers that may be trained: float, no scalar (scalars are the constants of composed operators), and no running
 * statistics, which follow the data instead.
 */
export function trainableWeights(graph: Graph): readonly Tensor[] {
  const statistics = new Set(
    graph.nodes.flatMap(({ opType, inputs }) => (opType === 'BatchNormalization' ? inputs.slice(3) : [])),
  );
  return [...graph.initializers.values()].filter(
    ({ name, type, dims }) => type === 'float' && dims.length > 0 && !statistics.has(name),
  );
}

/** Layers whose weights are W, R and B, in this order from input 1 on. */
export const isRecurrent = (opType: string): boolean => ['RNN', 'LSTM', 'GRU'].includes(opType);

/**
 * True for what weight decay is meant for: matrices and kernels. Biases and the scales of normalizations, which are vectors
 * but for axes of size 1, are spared, unless the operator itself declares the input as its weight.
 */
export function decays(graph: Graph, value: Tensor): boolean {
  const readers = graph.consumers(value.name);
  // The biases of two directions, and states to start from, are rows of vectors.
  if (readers.some((node) => isRecurrent(node.opType) && node.inputs.indexOf(value.name) > 2)) return false;
  if (value.dims.filter((dim) => dim > 1).length > 1) return true;
  return readers.some((node) => {
    const rule = operatorOf(node)?.quantize;
    return (
      rule &&
      !isNone(rule) &&
      rule.kind === 'weighted' &&
      node.inputs[rule.weight] === value.name &&
      value.dims.length > 1
    );
  });
}
