import { defineUpgrade } from './define.ts';
import { floatOf, inputsOf, refersTo, without } from './shared.ts';

/** Version 10 gives the mask as bool. */
export const dropoutMask = defineUpgrade({
  ops: ['Dropout'],
  version: 10,
  apply: (node) => ((node.outputs[1] ?? '') === '' ? undefined : 'its mask, a number before, is now a bool'),
});

/** Version 12 takes the ratio as an input. */
export const dropoutRatio = defineUpgrade({
  ops: ['Dropout'],
  version: 12,
  apply: (node, { graph, constant }) => {
    const refers = refersTo(node, 'ratio');
    if (refers) return refers;
    const ratio = floatOf(node, 'ratio');
    graph.update(node, {
      inputs: inputsOf(node.inputs[0], ratio === undefined ? undefined : constant('float', [], [ratio])),
      attributes: without(node, 'ratio'),
    });
    return undefined;
  },
});
