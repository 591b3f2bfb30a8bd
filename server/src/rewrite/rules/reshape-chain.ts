import { numbers, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf } from './shared/attributes.ts';

const reshapes = 'Reshape|Flatten|Squeeze|Unsqueeze';

/** Whatever changes nothing but the shape, twice in a row, is one Reshape to the last shape. */
export const reshapeChain = patternRule({
  name: 'reshape-chain',
  summary: 'Reshape, Flatten, Squeeze and Unsqueeze in a row become one Reshape.',
  patterns: [`${reshapes}(${reshapes}(x, ...), ...)`],
  // Reshape takes its shape as an input since then.
  opset: 5,
  check: (match) => (targetOf(match) ? undefined : 'the last shape has more than one unknown size'),
  rewrite: (match) => {
    const target = targetOf(match)!;
    return match.build.op('Reshape', [
      match.value('x'),
      match.build.constant('int64', [target.length], target, 'shape'),
    ]);
  },
});

/** The shape for Reshape: as the outer node gives it, or as inferred, with -1 for the one size that is not known. */
function targetOf({ root, graph, context }: Match): readonly number[] | undefined {
  const given = root.opType === 'Reshape' ? graph.constant(root.inputs[1] ?? '') : undefined;
  if (given && intOf(root, 'allowzero', 0) === 0 && sizeOf(given) <= 64) {
    const target = numbers(given);
    // A zero copies a size of the value in between.
    if (!target.includes(0)) return target;
  }
  const shape = context.shape(root.outputs[0]!);
  if (!shape || shape.includes(0)) return undefined;
  const unknown = shape.filter((dim) => typeof dim !== 'number').length;
  return unknown <= 1 ? shape.map((dim) => (typeof dim === 'number' ? dim : -1)) : undefined;
}
