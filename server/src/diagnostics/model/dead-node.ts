import { cloneModel, type Model } from '../../ir/model.ts';
import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { deadNodes, graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const main = () => [layer('fc', 'MatMul', 'x', 'y')];

export const deadNode = defineDiagnostic({
  subject: 'model',
  code: 'dead-node',
  severity: 'warning',
  what: 'The model has nodes whose results reach no output.',
  why: 'They and their weights cost room, and a runtime that does not remove them runs them. Often an exporter left a training head behind.',
  remedy: 'Remove them: the quick fix does, and so does the `optimize` step.',
  *detect({ model, nameOf }) {
    const dead = [...graphsOf(model)].flatMap(deadNodes);
    if (dead.length === 0) return;
    const names = dead.map(nameOf);
    yield {
      message: `${counted(dead.length, 'node')} ${dead.length === 1 ? 'has' : 'have'} no effect on any output: ${listed(names)}.`,
      ...(dead.length === 1 ? { name: names[0]! } : {}),
      fix: { title: 'Remove nodes without effect', apply: withoutDead },
    };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { 'fc.weight': [4, 2], 'head.weight': [2, 8] },
        nodes: [
          ...main(),
          layer('head', 'MatMul', 'y', 'h'),
          createNode('Relu', ['h'], ['r'], { name: 'relu' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { 'fc.weight': [4, 2] },
        nodes: main(),
      }),
  ],
});

function withoutDead(model: Model): Model {
  const copy = cloneModel(model);
  for (const graph of graphsOf(copy)) {
    graph.remove(deadNodes(graph));
    for (const name of [...graph.initializers.keys()])
      if (graph.consumers(name).length === 0 && !graph.isOutput(name) && !graph.isInput(name))
        graph.removeInitializer(name);
    for (const name of [...graph.valueInfo.keys()]) if (!graph.defines(name)) graph.valueInfo.delete(name);
  }
  return copy;
}
