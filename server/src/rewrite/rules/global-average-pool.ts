import { numbers } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf, intsOf } from './shared/attributes.ts';

/** ReduceMean over all spatial axes of [N, C, ...] -> GlobalAveragePool, which has an int8 kernel. */
export const globalAveragePool = patternRule({
  name: 'global-average-pool',
  summary: 'ReduceMean over the whole image becomes GlobalAveragePool, which can run in int8.',
  patterns: ['ReduceMean(x, ...)'],
  check: (match) => {
    const rank = match.shape('x')?.length;
    if (match.type('x')?.type !== 'float') return 'only float32 images';
    if (intOf(match.root, 'keepdims', 1) === 0) return 'its axes go, which would take a Flatten more';
    if (rank !== 4 && rank !== 5) return 'its input is no image';
    const axes = axesOf(match)?.map((axis) => (axis + rank) % rank);
    if (!axes) return 'its axes are not known';
    const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    return axes.length === spatial.length && spatial.every((axis) => axes.includes(axis))
      ? undefined
      : 'it does not average over the whole image';
  },
  rewrite: ({ build, value }) => build.op('GlobalAveragePool', [value('x')]),
});

function axesOf({ root, graph }: Match): readonly number[] | undefined {
  const constant = graph.constant(root.inputs[1] ?? '');
  return intsOf(root, 'axes') ?? (constant && numbers(constant));
}
