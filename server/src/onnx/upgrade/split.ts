import { int } from '../../ir/attribute.ts';
import { defineUpgrade } from './define.ts';
import { inputsOf, intsInput, without } from './shared.ts';

/** Version 13 takes the sizes as an input. */
export const splitSizes = defineUpgrade({
  ops: ['Split'],
  version: 13,
  apply: (node, context) => {
    const sizes = node.inputs[1] ?? intsInput(node, 'split', context);
    context.graph.update(node, {
      inputs: inputsOf(node.inputs[0], sizes),
      attributes: without(node, 'split'),
    });
    return undefined;
  },
});

/** Version 18 wants the number of parts where no sizes are given. */
export const splitParts = defineUpgrade({
  ops: ['Split'],
  version: 18,
  apply: (node, { graph }) => {
    if ((node.inputs[1] ?? '') === '')
      graph.update(node, {
        attributes: new Map([...node.attributes, ['num_outputs', int(node.outputs.length)]]),
      });
    return undefined;
  },
});
