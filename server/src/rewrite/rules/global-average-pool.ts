import { int } from '../../ir/attribute.ts';
import { numbers } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf, intsOf } from './shared/attributes.ts';

/** ReduceMean over all spatial axes of [N, C, ...] -> GlobalAveragePool, and Flatten where the axes go: it has an int8 kernel. */
export const globalAveragePool = patternRule({
  name: 'global-average-pool',
  summary: 'ReduceMean over the whole image becomes GlobalAveragePool, which can run in int8.',
  patterns: ['ReduceMean(x, ...)'],
  check: (match) => {
    const rank = match.shape('x')?.length;
    if (match.type('x')?.type !== 'float') return 'only float32 images';
    if (rank !== 4 && rank !== 5) return 'its input is no image';
    const axes = axesOf(match)?.map((axis) => (axis + rank) % rank);
    if (!axes) return 'its axes are not known';
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    return axes.length === spatial.length && spatial.every((axis) => axes.includes(axis))
      ? undefined
      : 'it does not average over the whole image';
  },
  rewrite: ({ root, build, value }) => {
    const pooled = build.op('GlobalAveragePool', [value('x')]);
    return intOf(root, 'keepdims', 1) === 0 ? build.op('Flatten', [pooled], { axis: int(1) }) : pooled;
  },
});

function axesOf({ root, graph }: Match): readonly number[] | undefined {
  const constant = graph.constant(root.inputs[1] ?? '');
  return intsOf(root, 'axes') ?? (constant && numbers(constant));
}
