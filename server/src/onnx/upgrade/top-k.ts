import { defineUpgrade } from './define.ts';
import { intOf, refersTo, without } from './shared.ts';

/** Version 10 takes the number of results as an input. */
export const topKInput = defineUpgrade({
  ops: ['TopK'],
  version: 10,
  apply: (node, { graph, constant }) => {
    const refers = refersTo(node, 'k');
    if (refers) return refers;
    const k = intOf(node, 'k');
    if (k === undefined) return "it has no attribute 'k'";
    graph.update(node, {
      inputs: [node.inputs[0] ?? '', constant('int64', [1], [k])],
      attributes: without(node, 'k'),
    });
    return undefined;
  },
});
