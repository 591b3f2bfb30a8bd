import { ints } from '../../ir/attribute.ts';
import { defineUpgrade } from './define.ts';
import { intOf, without } from './shared.ts';

/** Version 7 broadcasts as NumPy does: what `axis` aligned gets its trailing dimensions. */
export const broadcast = defineUpgrade({
  ops: ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'Less'],
  version: 7,
  apply: (node, { graph, op, type }) => {
    const axis = intOf(node, 'broadcast') === 1 ? intOf(node, 'axis') : undefined;
    const [a = '', b = ''] = node.inputs;
    let second = b;
    if (axis !== undefined) {
      const [rankA, rankB] = [type(a)?.shape?.length, type(b)?.shape?.length];
      if (rankA === undefined || rankB === undefined) return 'the file does not say the rank of its inputs';
      const trailing = rankA - (axis < 0 ? axis + rankA : axis) - rankB;
      if (trailing > 0)
        second = op('Unsqueeze', [b], { axes: ints([...Array(trailing).keys()].map((i) => rankB + i)) });
    }
    graph.update(node, {
      inputs: [a, second],
      attributes: without(node, 'axis', 'broadcast', 'consumed_inputs'),
    });
    return undefined;
  },
});

/** These lost attributes of no meaning for inference in version 7. */
export const inferenceOnly = defineUpgrade({
  ops: ['Gemm', 'Dropout', 'BatchNormalization', 'PRelu'],
  version: 7,
  apply: (node, { graph }) => {
    if (node.opType === 'BatchNormalization' && intOf(node, 'is_test') === 0 && node.outputs.length > 1)
      return 'it trains';
    graph.update(node, { attributes: without(node, 'broadcast', 'is_test', 'consumed_inputs') });
    return undefined;
  },
});
