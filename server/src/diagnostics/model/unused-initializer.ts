import { formatBytes } from '../../base/units.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { bytesOf } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

export const unusedInitializer = defineDiagnostic({
  subject: 'model',
  code: 'unused-initializer',
  severity: 'warning',
  what: 'The model holds constants that no node reads.',
  why: 'They take room on disk and in memory and change no result; ONNX Runtime warns about each of them.',
  remedy: 'Remove them: the quick fix does, and so does the `optimize` step.',
  *detect({ model }) {
    const unused = [...graphsOf(model)].flatMap(unusedIn);
    if (unused.length === 0) return;
    const bytes = unused.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    const names = unused.map(({ name }) => name);
    yield {
      message: `${counted(unused.length, 'constant')} of ${formatBytes(bytes)} in all ${unused.length === 1 ? 'is' : 'are'} never read: ${listed(names)}.`,
      ...(unused.length === 1 ? { name: names[0]! } : {}),
      fix: { title: 'Remove constants that nothing reads', apply: withoutUnused },
    };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { 'fc.weight': [4, 2], forgotten: [100, 100] },
        nodes: [layer('fc', 'MatMul', 'x', 'y')],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { 'fc.weight': [4, 2] },
        nodes: [layer('fc', 'MatMul', 'x', 'y')],
      }),
  ],
});

const unusedIn = (graph: Graph) =>
  [...graph.initializers.values()].filter(
    ({ name }) => graph.consumers(name).length === 0 && !graph.isOutput(name) && !graph.isInput(name),
  );

function withoutUnused(model: Model): Model {
  const copy = cloneModel(model);
  for (const graph of graphsOf(copy)) for (const { name } of unusedIn(graph)) graph.removeInitializer(name);
  return copy;
}
