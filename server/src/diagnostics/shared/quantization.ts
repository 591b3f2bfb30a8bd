import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { sizeOf } from '../../ir/tensor.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import { isNone } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import type { ModelContext } from '../define.ts';
import { nodesOf, type PlacedNode } from './graphs.ts';

/** Which input of a layer holds its weights, by the operator's quantization rule; undefined for operators without weights. */
export function weightInput(node: Node): number | undefined {
  const rule = operatorOf(node)?.quantize;
  return rule && !isNone(rule) && rule.kind === 'weighted' ? rule.weight : undefined;
}

/** Layers with constant weights that a quantizer can store in int8. */
export function quantizableLayers({ model }: ModelContext): readonly PlacedNode[] {
  return [...nodesOf(model)].filter(({ graph, node }) => weightsOf(graph, node) !== undefined);
}

/** The constant weights of a layer. */
export function weightsOf(graph: Graph, node: Node) {
  const input = weightInput(node);
  return input === undefined ? undefined : graph.constant(node.inputs[input] ?? '');
}

const quantized = new Set(['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulNBits']);

/** True for nodes that a quantizer writes. */
export const isQuantization = ({ opType }: Node): boolean =>
  quantized.has(opType) || /^QLinear|Integer$|^QGemm$/.test(opType);

/** True for operators that ONNX Runtime computes in float alone, so that values are dequantized before and quantized after them. */
export function hasNoInt8Kernel(node: Node): boolean {
  const rule = operatorOf(node)?.quantize;
  return isNone(rule) && rule.none.includes('no int8 kernel');
}

/** Fewer products than this for each value that a layer reads or writes do not pay for quantizing the values. */
const productsPerValue = 4;

/** Layers that run slower in int8 than in float on a CPU, and why. */
export function slowInInt8(
  context: ModelContext,
): readonly { readonly node: Node; readonly reason: string }[] {
  const macs = new Map(context.cost.layers.map((layer) => [layer.node, layer.macs]));
  return quantizableLayers(context).flatMap(({ graph, node }) => {
    const reason = slowness(context, graph, node, macs.get(node) ?? 0);
    return reason === undefined ? [] : [{ node, reason }];
  });
}

function slowness({ shapes }: ModelContext, graph: Graph, node: Node, macs: number): string | undefined {
  const group = node.attributes.get('group');
  if (node.opType === 'Conv' && group?.kind === 'int' && Number(group.value) > 1) {
    if (weightsOf(graph, node)?.dims[1] === 1) return 'depthwise convolutions are bound by memory';
  }
  const values = [node.inputs[0], node.outputs[0]].reduce(
    (sum, name) => sum + countOf(shapes.types.get(name ?? '')),
    0,
  );
  return macs > 0 && values > 0 && macs < productsPerValue * values
    ? 'it computes less than quantizing its values costs'
    : undefined;
}

const countOf = (type: ValueType | undefined): number => {
  const shape = shapeOf(type);
  return shape ? sizeOf({ dims: shape.map((dim) => (typeof dim === 'number' ? dim : 1)) }) : 0;
};
