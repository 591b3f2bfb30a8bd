import type { Graph } from '../../../ir/graph.ts';
import type { Node } from '../../../ir/node.ts';
import { floats, sizeOf, type Tensor, tensor } from '../../../ir/tensor.ts';
import { floatOf, intOf } from './attributes.ts';

/** Per output channel: y = x * scale + shift. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** A Conv, ConvTranspose or Gemm with constant weights and, if any, a constant bias. */
export interface LinearLayer {
  readonly node: Node;
  readonly weights: Tensor;
  readonly bias: Tensor | undefined;
}

/** The number of output channels of a layer. */
export function outputChannels({ node, weights: { dims } }: LinearLayer): number {
  switch (node.opType) {
    case 'ConvTranspose':
      return (dims[1] ?? 0) * intOf(node, 'group', 1);
    case 'Gemm':
      return (intOf(node, 'transB', 0) === 0 ? dims[1] : dims[0]) ?? 0;
    default:
      return dims[0] ?? 0;
  }
}

/** Why the layer's constants cannot be changed, or undefined when they can. */
export function refuseAffine(layer: LinearLayer): string | undefined {
  const { weights, bias } = layer;
  if (weights.type !== 'float' || (bias && bias.type !== 'float')) return 'only float32 weights are folded';
  const channels = outputChannels(layer);
  const isBias = !bias || sizeOf(bias) === 1 || (sizeOf(bias) === channels && bias.dims.at(-1) === channels);
  return isBias ? undefined : `its bias of shape [${bias.dims}] is not one a channel`;
}

/**
 * Applies y * scale + shift to the output channels of a layer by changing its weights and bias, computed in float64.
 * Weights and bias are new constants, since others may read the old ones.
 */
export function foldAffine(graph: Graph, layer: LinearLayer, { scale, shift }: Affine): void {
  const { node, weights, bias } = layer;
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)];
  const values = floats(weights);
  const folded = new Float32Array(values.length);
  const channelOf = channelIndex(node, weights);
  for (let i = 0; i < values.length; i++) folded[i] = values[i]! * alpha * scale[channelOf(i)]!;
  const old = bias && floats(bias);
  const oldBias = (c: number) => (old ? old[old.length === 1 ? 0 : c]! * beta : 0);
  const newBias = Float32Array.from(shift, (value, c) => value + oldBias(c) * scale[c]!);
  const biasName = bias?.name || `${weights.name.replace(/[._]weights?$/, '') || 'folded'}.bias`;
  const names = [
    graph.addInitializer(tensor(weights.name || 'folded.weight', 'float', weights.dims, folded)),
    graph.addInitializer(tensor(biasName, 'float', [newBias.length], newBias)),
  ];
  const attributes = new Map(node.attributes);
  for (const factor of ['alpha', 'beta']) attributes.delete(factor);
  graph.update(node, { inputs: [node.inputs[0]!, ...names], attributes });
}

/** Which output channel an element of the weights belongs to. */
function channelIndex(node: Node, weights: Tensor): (index: number) => number {
  if (node.opType === 'Gemm' && intOf(node, 'transB', 0) === 0) {
    const columns = weights.dims[1]!;
    return (index) => index % columns;
  }
  if (node.opType !== 'ConvTranspose') {
    const perChannel = sizeOf(weights) / Math.max(1, weights.dims[0]!);
    return (index) => Math.floor(index / perChannel);
  }
  // [C, M/group, ...]: input channels of a group come one after the other, and each has the group's outputs.
  const [inputs, outputs] = weights.dims as [number, number];
  const kernel = sizeOf(weights) / Math.max(1, inputs * outputs);
  const perGroup = inputs / intOf(node, 'group', 1);
  return (index) => {
    const row = Math.floor(index / kernel);
    return Math.floor(Math.floor(row / outputs) / perGroup) * outputs + (row % outputs);
  };
}
