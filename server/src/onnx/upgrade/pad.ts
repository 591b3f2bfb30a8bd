import { defineUpgrade } from './define.ts';
import { floatOf, inputsOf, intsInput, refersTo, scalarLike, without } from './shared.ts';

/** Version 11 takes paddings and value as inputs. */
export const padInputs = defineUpgrade({
  ops: ['Pad'],
  version: 11,
  apply: (node, context) => {
    const refers = refersTo(node, 'pads', 'value');
    if (refers) return refers;
    const [data = ''] = node.inputs;
    const pads = intsInput(node, 'pads', context);
    if (pads === undefined) return "it has no attribute 'pads'";
    const value = floatOf(node, 'value') ?? 0;
    const filling = value === 0 ? undefined : scalarLike(value, data, context);
    context.graph.update(node, {
      inputs: inputsOf(data, pads, filling),
      attributes: without(node, 'pads', 'value'),
    });
    return undefined;
  },
});
