import { constantsOf } from '../ir/constants.ts';
import { bitsOf, storageBytes } from '../ir/data-type.ts';
import { type Dim, elementCount } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf, labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import { bytesOf, sizeOf, type Tensor } from '../ir/tensor.ts';
import type { TensorType, ValueType } from '../ir/value-type.ts';
import { readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import { inferShapes, type Shapes } from './shapes.ts';

/** What one node costs, for one sample: unknown dimensions, such as the batch, count as one. */
export interface LayerCost {
  readonly node: Node;
  readonly name: string;
  readonly op: string;
  /** Elements of the floating-point and quantized constants that it reads; a constant shared by several nodes counts at its first reader. */
  readonly parameters: number;
  /** Bytes of those constants as stored. */
  readonly bytes: number;
  readonly macs: number;
  readonly operations: number;
  /** Bytes of its inputs that are no constants, and of its outputs. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly output: ValueType | undefined;
}

export interface ModelCost {
  readonly layers: readonly LayerCost[];
  readonly parameters: number;
  readonly macs: number;
  /** Bytes of all constants. */
  readonly bytes: number;
}

/** Costs of every node, bodies included. Constants that are no weights (shapes, indices) count as bytes, not as parameters. */
export function modelCost(model: Model, shapes: Shapes = inferShapes(model)): ModelCost {
  const layers: LayerCost[] = [];
  const counted = new Set<Tensor>();
  const walk = (graph: Graph) => {
    for (const node of graph.nodes) {
      layers.push(layerCost(graph, node, shapes, counted));
      for (const body of bodiesOf(node)) walk(body);
    }
  };
  walk(model.graph);
  const sum = (key: 'parameters' | 'macs') => layers.reduce((total, layer) => total + layer[key], 0);
  return {
    layers,
    parameters: sum('parameters'),
    macs: sum('macs'),
    bytes: [...constantsOf(model.graph)].reduce((total, tensor) => total + bytesOf(tensor), 0),
  };
}

/** What senseless attributes of a damaged file would make negative or no number counts as nothing. */
const amount = (value: number | undefined): number =>
  value !== undefined && value > 0 && Number.isFinite(value) ? value : 0;

function layerCost(graph: Graph, node: Node, shapes: Shapes, counted: Set<Tensor>): LayerCost {
  const operator = operatorOf(node);
  const types = (names: readonly string[]) => names.map((name) => asTensor(shapes.typeIn(graph, name)));
  const [inputs, outputs] = [types(node.inputs), types(node.outputs)];
  const constants = weightInputs(graph, node).filter((tensor) => !counted.has(tensor));
  for (const tensor of constants) counted.add(tensor);
  const cost = operator?.cost({
    inputs,
    outputs,
    attributes: readAttributes(operator.attributes, node.attributes),
    count,
    dim,
  });
  const [macs, operations] = [amount(cost?.macs), amount(cost?.operations)];
  const moved = (names: readonly string[]) =>
    names.reduce(
      (total, name) => total + (graph.constant(name) ? 0 : typeBytes(asTensor(shapes.typeIn(graph, name)))),
      0,
    );
  return {
    node,
    name: labelOf(node),
    op: qualifiedOp(node),
    parameters: constants.reduce((total, tensor) => total + sizeOf(tensor), 0),
    bytes: constants.reduce((total, tensor) => total + bytesOf(tensor), 0),
    macs,
    operations,
    bytesRead: moved(node.inputs),
    bytesWritten: moved(node.outputs),
    output: shapes.typeIn(graph, node.outputs[0] ?? ''),
  };
}

const asTensor = (type: ValueType | undefined): TensorType | undefined =>
  type?.kind === 'tensor' ? type : undefined;
const size = (dim: Dim | undefined): number => (typeof dim === 'number' ? dim : 1);
const count = (type: TensorType | undefined): number =>
  (type?.shape ?? []).reduce<number>((total, dim) => total * size(dim), type?.shape ? 1 : 0);
const dim = (type: TensorType | undefined, axis: number): number => size(type?.shape?.at(axis));

/** Bytes of a value for one sample; 0 when its rank is unknown. */
export function typeBytes(type: TensorType | undefined): number {
  if (!type?.shape) return 0;
  const known = elementCount(type.shape.map((dim) => (typeof dim === 'number' ? dim : 1)));
  return storageBytes(type.type, known as number);
}

/** Weights are floating-point or quantized numbers with more than one element; int64 constants are shapes and indices. */
export const isWeight = (tensor: Tensor): boolean =>
  tensor.type !== 'int64' && tensor.type !== 'bool' && bitsOf(tensor.type) > 0 && sizeOf(tensor) > 1;

/**
 * The weights that a node reads. Scales and zero points say how a weight is stored and are none themselves, so that a
 * quantized model has as many parameters as it had before.
 */
export function weightInputs(graph: Graph, node: Node): readonly Tensor[] {
  const stored = node.opType === 'DequantizeLinear' || node.opType === 'QuantizeLinear';
  return (stored ? node.inputs.slice(0, 1) : node.inputs)
    .flatMap((name) => graph.constant(name) ?? [])
    .filter(isWeight);
}
