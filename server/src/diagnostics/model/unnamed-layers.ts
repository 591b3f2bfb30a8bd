import { layerNames } from '../../ir/layer-names.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { quantizableLayers, weightsOf } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

export const unnamedLayers = defineDiagnostic({
  subject: 'model',
  code: 'unnamed-layers',
  severity: 'hint',
  what: 'Layers have no name.',
  why: "Recipes and reports then call them by their output, such as '137', which changes with the next export.",
  remedy: 'Name them: the quick fix does, by operator and number.',
  *detect(context) {
    const names = quantizableLayers(context)
      .filter(({ node }) => node.name === '')
      .map(({ node }) => context.nameOf(node));
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'layer')} ${names.length === 1 ? 'has' : 'have'} no name and ${names.length === 1 ? 'is' : 'are'} called ${listed(names)}.`,
        fix: { title: 'Name the layers', apply: named },
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { w: [4, 2] },
        nodes: [createNode('MatMul', ['x', 'w'], ['y'])],
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

function named(model: Model): Model {
  const copy = cloneModel(model);
  const taken = new Set(layerNames(copy.graph).values());
  const counts = new Map<string, number>();
  const fresh = ({ opType }: Node) => {
    const base = opType.toLowerCase();
    let name: string;
    do {
      const number = (counts.get(base) ?? 0) + 1;
      counts.set(base, number);
      name = `${base}${number}`;
    } while (taken.has(name));
    taken.add(name);
    return name;
  };
  for (const { graph, node } of nodesOf(copy))
    if (node.name === '' && weightsOf(graph, node)) graph.update(node, { name: fresh(node) });
  return copy;
}
