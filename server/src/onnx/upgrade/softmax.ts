import { int } from '../../ir/attribute.ts';
import { defineUpgrade } from './define.ts';
import { intOf, refersTo, without } from './shared.ts';

/**
 * Before version 13, the input is seen as a matrix whose rows are all axes from `axis` (by default 1) on; since, one axis alone
 * is normalized, by default the last. Where that is not the same, the matrix is made and unmade.
 */
export const softmaxAxis = defineUpgrade({
  ops: ['Softmax', 'LogSoftmax', 'Hardmax'],
  version: 13,
  apply: (node, { graph, op, type }) => {
    const refers = refersTo(node, 'axis');
    if (refers) return refers;
    const axis = intOf(node, 'axis') ?? 1;
    const [data = ''] = node.inputs;
    const rank = (type(data) ?? type(node.outputs[0] ?? ''))?.shape?.length;
    if (axis === -1 || (rank !== undefined && axis === rank - 1)) {
      graph.update(node, { attributes: new Map([...node.attributes, ['axis', int(axis)]]) });
      return undefined;
    }
    const shape = op('Shape', [data]);
    const matrix = op('Flatten', [data], { axis: int(axis) });
    const rows = op(node.opType, [matrix], { ...Object.fromEntries(without(node, 'axis')), axis: int(1) });
    graph.update(node, { opType: 'Reshape', inputs: [rows, shape], attributes: new Map() });
    return undefined;
  },
});
