import * as z from 'zod';
import { percentage } from '../../base/setting-types.ts';
import { formatCount, formatPercent } from '../../base/units.ts';
import { labelOf } from '../../ir/node.ts';
import { elements, floats, type NumericArray, sizeOf, type Tensor, tensor } from '../../ir/tensor.ts';
import { defineStep, type LayerChange, type StepContext } from '../define.ts';
import { withFrozenInputs } from '../shared/frozen-inputs.ts';
import {
  originals,
  setConstant,
  type Weight,
  type WeightedLayer,
  weightedLayers,
  weightedOps,
} from '../shared/weighted-layers.ts';
import { type GroupPattern, outsidePattern, parsePattern } from './pattern.ts';
import { smallest } from './threshold.ts';

const sparsity = percentage().describe('Share of the weights that become zero.');

export const prune = defineStep({
  name: 'prune',
  summary: 'Sets the weights that matter least to zero.',
  details: [
    'Magnitude pruning in one shot (Han et al., "Learning both Weights and Connections", 2015): the weights nearest to zero become zero. Biases, normalization and embeddings are left alone.',
    '',
    'An ONNX file of zeros is neither smaller nor faster by itself: the gain comes with a step or a container that stores zeros in no space, or a runtime with sparse kernels. Accuracy usually holds to 50 % without retraining.',
    '',
    'With `scope: global` all layers share one threshold, so that large layers give more; with `scope: layer` each gives the same share.',
  ].join('\n'),
  version: 1,
  settings: z.strictObject({
    method: z
      .enum(['magnitude'])
      .default('magnitude')
      .describe('How weights are ranked: `magnitude` removes those nearest to zero.'),
    sparsity: sparsity.prefault('50 %'),
    scope: z
      .enum(['global', 'layer'])
      .default('global')
      .describe('Whether the share holds over all layers together or in each layer.'),
    pattern: z
      .string()
      .regex(/^(unstructured|\d+:\d+)$/, 'Write `unstructured`, or a pattern such as `2:4`.')
      .refine((text) => {
        const pattern = parsePattern(text);
        return !pattern || (pattern.kept < pattern.group && pattern.group <= 64);
      }, 'A pattern N:M keeps N of M weights: N is less than M, and M is at most 64.')
      .default('unstructured')
      .describe(
        'Where zeros may be: anywhere (`unstructured`), or so that N of every M weights along the input channels stay (`2:4`), which some GPUs run faster. A pattern says itself how many go: `sparsity` and `scope` then mean nothing.',
      )
      .meta({ examples: ['unstructured', '2:4'] }),
  }),
  layerSettings: z.strictObject({
    skip: z.boolean().optional().describe('Leaves the layer alone.'),
    sparsity: sparsity.optional(),
  }),
  layerOps: weightedOps,
  apply: async (model, settings, context) => {
    const copy = withFrozenInputs(model);
    const pattern = parsePattern(settings.pattern);
    const { parts, layers } = chooseParts(
      weightedLayers(copy.graph),
      originals(copy.graph, model.graph),
      context,
    );
    const done = pattern
      ? markByPattern(parts, pattern)
      : markByMagnitude(parts, settings.sparsity, settings.scope);
    let [zeros, total] = [0, 0];
    for (const { part, marks, reason } of done) {
      const removed = marks ? zero(part.weight, marks) : 0;
      zeros += removed;
      total += sizeOf(part.weight.tensor);
      layers.push({
        layer: part.label,
        op: part.layer.node.opType,
        change: marks
          ? `pruned ${formatPercent(removed / Math.max(1, marks.length), 1)}`
          : `left alone: ${reason}`,
      });
    }
    const notes = [
      `${formatCount(zeros)} of ${formatCount(total)} weights are zero now (${formatPercent(zeros / Math.max(1, total), 1)}).`,
      'An ONNX file of zeros is neither smaller nor faster on a CPU by itself: the zeros pay off where they are stored compactly.',
      ...(parts.length === 0 ? ['The model has no layer with constant floating-point weights.'] : []),
    ];
    const order = new Map(model.graph.nodes.map((node, index) => [labelOf(node), index]));
    layers.sort((a, b) => (order.get(a.layer) ?? order.size) - (order.get(b.layer) ?? order.size));
    return { model: copy, notes, layers };
  },
});

/** One constant to prune. */
interface Part {
  readonly layer: WeightedLayer;
  readonly label: string;
  readonly weight: Weight;
  /** The layer's own share, where the recipe gives one. */
  readonly sparsity: number | undefined;
}

interface Marked {
  readonly part: Part;
  /** One byte a weight, 1 where it goes; undefined where the layer is left alone for the reason. */
  readonly marks: Uint8Array | undefined;
  readonly reason?: string;
}

/** Every constant once, though several layers may share it; a constant that a skipped layer reads is left alone. */
function chooseParts(
  found: readonly WeightedLayer[],
  sources: ReturnType<typeof originals>,
  context: StepContext,
): { readonly parts: Part[]; readonly layers: LayerChange[] } {
  const parts: Part[] = [];
  const layers: LayerChange[] = [];
  const users = new Map<Tensor, string>();
  const all = found.flatMap((layer) => {
    const source = sources.get(layer.node)!;
    const own = context.layer(source) as { readonly skip?: boolean; readonly sparsity?: number };
    return layer.weights.map((weight) => ({ layer, weight, label: labelOf(source), ...own }));
  });
  const kept = new Map(all.filter(({ skip }) => skip).map((item) => [item.weight.tensor, item.label]));
  for (const item of all) {
    const { label, layer, weight, sparsity } = item;
    const say = (change: string) => layers.push({ layer: label, op: layer.node.opType, change });
    const [keeper, first] = [kept.get(weight.tensor), users.get(weight.tensor)];
    if (keeper === label) say('left alone: the recipe says so');
    else if (keeper !== undefined) say(`left alone: shares its weights with '${keeper}'`);
    else if (first !== undefined) say(`shares the weights of '${first}'`);
    else {
      users.set(weight.tensor, label);
      parts.push({ layer, label, weight, sparsity });
    }
  }
  return { parts, layers };
}

function markByMagnitude(parts: readonly Part[], sparsity: number, scope: 'global' | 'layer'): Marked[] {
  const pooled = scope === 'global' ? parts.filter((part) => part.sparsity === undefined) : [];
  const arrays = pooled.map(({ weight }) => floats(weight.tensor));
  const total = arrays.reduce((sum, { length }) => sum + length, 0);
  const marks = smallest(arrays, Math.round(total * sparsity));
  return parts.map((part) => {
    const at = pooled.indexOf(part);
    if (at >= 0) return { part, marks: marks[at] };
    const values = floats(part.weight.tensor);
    return { part, marks: smallest([values], Math.round(values.length * (part.sparsity ?? sparsity)))[0] };
  });
}

function markByPattern(parts: readonly Part[], pattern: GroupPattern): Marked[] {
  return parts.map((part) => {
    const { tensor: weights, sumAxis } = part.weight;
    const channels = weights.dims[sumAxis] ?? 1;
    if (channels % pattern.group !== 0)
      return {
        part,
        marks: undefined,
        reason: `its ${channels} input channels are not divisible by ${pattern.group}`,
      };
    return { part, marks: outsidePattern(floats(weights), weights.dims, sumAxis, pattern) };
  });
}

/** Writes the zeros; returns how many of the weights are zero then. */
function zero({ owner, name, tensor: weights }: Weight, marks: Uint8Array): number {
  const values = elements(weights).slice() as NumericArray;
  let zeros = 0;
  for (let i = 0; i < marks.length; i++) {
    if (marks[i]) values[i] = 0;
    if (values[i] === 0) zeros++;
  }
  setConstant(owner, name, { ...weights, ...tensor(weights.name, weights.type, weights.dims, values) });
  return zeros;
}
