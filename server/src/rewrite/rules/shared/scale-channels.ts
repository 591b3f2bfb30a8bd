import type { Graph } from '../../../ir/graph.ts';
import type { Node } from '../../../ir/node.ts';
import { floats, sizeOf, type Tensor, tensor } from '../../../ir/tensor.ts';
import { intOf } from './attributes.ts';

/** Per output channel: y = x * scale + shift. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** The number of output channels of a Conv or ConvTranspose with these weights. */
export function outputChannels(node: Node, weights: Tensor): number {
  return node.opType === 'ConvTranspose'
    ? (weights.dims[1] ?? 0) * intOf(node, 'group', 1)
    : (weights.dims[0] ?? 0);
}

/**
 * Applies y * scale + shift to the output channels of a Conv or ConvTranspose by changing its weights and bias, computed in
 * float64. Weights and bias are new constants, since others may read the old ones.
 */
export function foldAffine(
  graph: Graph,
  node: Node,
  weights: Tensor,
  bias: Tensor | undefined,
  { scale, shift }: Affine,
): void {
  const values = floats(weights);
  const folded = new Float32Array(values.length);
  const channelOf = channelIndex(node, weights);
  for (let i = 0; i < values.length; i++) folded[i] = values[i]! * scale[channelOf(i)]!;
  const old = bias ? floats(bias) : undefined;
  const newBias = Float32Array.from(shift, (value, c) => value + (old ? old[c]! * scale[c]! : 0));
  const names = [
    graph.addInitializer(tensor(weights.name || `${node.name}.weight`, weights.type, weights.dims, folded)),
    graph.addInitializer(
      tensor(bias?.name || `${biasBase(weights.name)}.bias`, weights.type, [newBias.length], newBias),
    ),
  ];
  graph.update(node, { inputs: [node.inputs[0]!, ...names] });
}

const biasBase = (weights: string) => weights.replace(/[._]weights?$/, '') || 'folded';

/** Which output channel an element of the weights belongs to. */
function channelIndex(node: Node, weights: Tensor): (index: number) => number {
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
