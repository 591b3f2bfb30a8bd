import { createHash } from 'node:crypto';
import { formatBytes } from '../../base/units.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { bytesOf, type Tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { wave } from '../shared/wave.ts';
import { counted, listed } from '../shared/words.ts';

/** Smaller ones are scalars, shapes and biases: sharing them saves nothing. */
const smallest = 256;
/** What may be read of a model whose weights must not be read: one constant, and all together. */
const skimmed = 1 << 16;
const skimmedInAll = 1 << 22;

export const duplicateInitializer = defineDiagnostic({
  subject: 'model',
  code: 'duplicate-initializer',
  severity: 'information',
  what: 'The model stores the same constant more than once.',
  why: 'Tied weights, such as an embedding and its output layer, are stored twice by some exporters and quantizers: the file is larger than need be, and compressing one copy does not compress the other.',
  remedy: 'Let all readers share one copy: the quick fix does, and so does the `optimize` step.',
  *detect({ model, readsWeights }) {
    const groups = [...graphsOf(model)].flatMap((graph) => duplicatesIn(graph, readsWeights));
    if (groups.length === 0) return;
    const extra = groups.flatMap((group) => group.slice(1));
    const bytes = extra.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    yield {
      message: `${counted(extra.length, 'constant')} of ${formatBytes(bytes)} in all ${extra.length === 1 ? 'repeats' : 'repeat'} another: ${listed(extra.map(({ name }) => name))}.`,
      fix: { title: 'Store equal constants once', apply: shared },
    };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 16] },
        outputs: { y: [1, 16] },
        constants: { 'a.weight': wave([16, 16]), 'b.weight': wave([16, 16]) },
        nodes: [layer('a', 'MatMul', 'x', 'h'), layer('b', 'MatMul', 'h', 'y')],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 16] },
        outputs: { y: [1, 16] },
        constants: { 'a.weight': [16, 16], 'b.weight': [16, 16] },
        nodes: [layer('a', 'MatMul', 'x', 'h'), layer('b', 'MatMul', 'h', 'y')],
      }),
  ],
});

/** Groups of equal constants, none of which a caller can override; with `all` false large ones are not compared. */
function duplicatesIn(graph: Graph, all: boolean): readonly (readonly Tensor[])[] {
  const own = [...graph.initializers.values()].filter(
    ({ name, data }) => data.size >= smallest && (all || data.size <= skimmed) && !graph.isInput(name),
  );
  // Only those of one type and shape are read, and only their hashes are kept.
  const alike = [...grouped(own, ({ type, dims }) => `${type} ${dims}`).values()];
  let left = all ? Number.POSITIVE_INFINITY : skimmedInAll;
  return alike
    .filter((tensors) => tensors.length > 1 && (left -= tensors.length * tensors[0]!.data.size) >= 0)
    .flatMap((tensors) => [...grouped(tensors, contentOf).values()])
    .filter((group) => group.length > 1);
}

const contentOf = ({ data }: Tensor): string => createHash('sha1').update(data.read()).digest('hex');

function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

function shared(model: Model): Model {
  const copy = cloneModel(model);
  for (const graph of graphsOf(copy))
    for (const [kept, ...extra] of duplicatesIn(graph, true))
      for (const { name } of extra) {
        if (graph.isOutput(name)) continue;
        graph.replaceUses(name, kept!.name);
        graph.removeInitializer(name);
      }
  return copy;
}
