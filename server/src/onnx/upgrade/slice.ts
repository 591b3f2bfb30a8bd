import { defineUpgrade } from './define.ts';
import { inputsOf, intsInput, refersTo, without } from './shared.ts';

/** Version 10 takes starts, ends and axes as inputs. */
export const sliceInputs = defineUpgrade({
  ops: ['Slice'],
  version: 10,
  apply: (node, context) => {
    const refers = refersTo(node, 'starts', 'ends', 'axes');
    if (refers) return refers;
    const [starts, ends, axes] = ['starts', 'ends', 'axes'].map((name) => intsInput(node, name, context));
    if (starts === undefined || ends === undefined) return 'it has no starts and ends';
    context.graph.update(node, {
      inputs: inputsOf(node.inputs[0], starts, ends, axes),
      attributes: without(node, 'starts', 'ends', 'axes'),
    });
    return undefined;
  },
});
