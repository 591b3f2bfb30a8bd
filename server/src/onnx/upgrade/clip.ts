import { defineUpgrade } from './define.ts';
import { floatOf, inputsOf, refersTo, scalarLike, without } from './shared.ts';

/** The bounds that version 6 has where none are given. */
const lowest = -3.4028234663852886e38;

/** Version 11 takes the bounds as inputs. */
export const clipBounds = defineUpgrade({
  ops: ['Clip'],
  version: 11,
  apply: (node, context) => {
    const refers = refersTo(node, 'min', 'max');
    if (refers) return refers;
    const [data = ''] = node.inputs;
    const bound = (name: 'min' | 'max', none: number) => {
      const value = floatOf(node, name);
      return value === undefined || value === none ? undefined : scalarLike(value, data, context);
    };
    const [low, high] = [bound('min', lowest), bound('max', -lowest)];
    context.graph.update(node, {
      inputs: inputsOf(data, low, high),
      attributes: without(node, 'min', 'max'),
    });
    return undefined;
  },
});
