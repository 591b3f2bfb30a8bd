import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { isNone } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import type { ModelContext } from '../define.ts';
import { nodesOf } from './graphs.ts';

/** Which input of a layer holds its weights, by the operator's quantization rule; undefined for operators without weights. */
export function weightInput(node: Node): number | undefined {
  const rule = operatorOf(node)?.quantize;
  return rule && !isNone(rule) && rule.kind === 'weighted' ? rule.weight : undefined;
}

/** Layers with constant weights that a quantizer can store in int8. */
export function quantizableLayers({
  model,
}: ModelContext): readonly { readonly graph: Graph; readonly node: Node }[] {
  return [...nodesOf(model)].filter(({ graph, node }) => {
    const input = weightInput(node);
    return input !== undefined && graph.constant(node.inputs[input] ?? '') !== undefined;
  });
}

const quantized = new Set(['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulNBits']);

/** True for nodes that a quantizer writes. */
export const isQuantization = ({ opType }: Node): boolean =>
  quantized.has(opType) || /^QLinear|Integer$|^QGemm$/.test(opType);
