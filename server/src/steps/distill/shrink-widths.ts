import { type ChannelGroup, channelGroups } from '../../analysis/channel-groups.ts';
import { inferShapes } from '../../analysis/shapes.ts';
import { liftWeights } from '../../autodiff/parameters.ts';
import { PareError } from '../../base/errors.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { floats, type Tensor } from '../../ir/tensor.ts';
import { cutChannels } from '../../rewrite/cut-channels.ts';

export interface Shrunk {
  readonly model: Model;
  /** Widths that were cut, and why the others were not. */
  readonly cut: number;
  readonly blocked: readonly string[];
}

/**
 * The model with every inner width (channels of convolutions, units of dense layers) brought down to `share` of it, one
 * channel at least: inputs and outputs keep their shapes. Of each group of coupled channels those with the largest kernels
 * are kept, so that the weights are a start. Throws `distill-width` where no width can be changed.
 */
export function shrinkWidths(given: Model, share: number): Shrunk {
  const model = cloneModel(given);
  const { graph } = model;
  // Vectors that an exporter shared between layers, because they happened to be equal, would tie their widths together.
  liftWeights(graph);
  const done = new Set<string>();
  const blocked: string[] = [];
  let cut = 0;
  for (;;) {
    const shapes = inferShapes(model);
    const group = channelGroups(model, shapes).find((candidate) => !done.has(idOf(candidate)));
    if (!group) break;
    done.add(idOf(group));
    if (group.blocked) {
      blocked.push(group.blocked);
      continue;
    }
    const kept = Math.max(1, Math.round(group.size * share));
    if (kept === group.size) continue;
    const sizes = kernelSizes(graph, group);
    const order = Array.from(sizes.keys()).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
    cutChannels(graph, shapes, group, new Set(order.slice(kept)));
    cut++;
  }
  if (cut === 0 && share < 1)
    throw new PareError('distill-width', 'No inner width of the model can be changed.', {
      hint: blocked[0] ? `For example: ${blocked[0]}.` : 'Give a smaller network as `student`.',
    });
  return { model, cut, blocked };
}

/** A group is known by the axis where it was found: no two start at the same one, and names do not change. */
const idOf = ({ members }: ChannelGroup): string => `${members[0]!.axis}:${members[0]!.value}`;

/**
 * The size of each channel's kernels over all members: the sum of squares, each member in units of its mean so that no layer
 * drowns the others. Biases and statistics say nothing of a channel's use and are left out.
 */
function kernelSizes(graph: Graph, { size, members }: ChannelGroup): Float64Array {
  const total = new Float64Array(size);
  for (const { value, axis, channels, constant } of members) {
    const tensor = graph.constant(value);
    if (!constant || tensor?.type !== 'float' || tensor.dims.length < 2) continue;
    const own = squares(tensor, axis, channels, size);
    const mean = own.reduce((a, b) => a + b, 0) / size;
    if (mean > 0) for (let c = 0; c < size; c++) total[c]! += own[c]! / mean;
  }
  return total;
}

function squares(tensor: Tensor, axis: number, channels: Int32Array, size: number): Float64Array {
  const values = floats(tensor);
  const inner = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(size);
  for (let at = 0; at < values.length; at++) {
    const channel = channels[Math.floor(at / inner) % channels.length]!;
    if (channel >= 0) sums[channel]! += values[at]! ** 2;
  }
  return sums;
}
