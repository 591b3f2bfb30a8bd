import { float, int } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import { floats, numbers, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { intOf, intsOf } from './shared/attributes.ts';

const square = ['Pow(d, 2)', 'Mul(d, d)'];
const normalized = (squared: string) =>
  `Div(d:Sub(x, mean:ReduceMean(x, ...)), Sqrt(Add(variance:ReduceMean(${squared}, ...), #epsilon)))`;

/** (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * scale + shift over the last axes. */
export const layerNormalization = patternRule({
  name: 'layer-normalization',
  summary: 'Layer normalization spelled out becomes one LayerNormalization.',
  patterns: square.map((squared) => `Add(Mul(${normalized(squared)}, #scale), #shift)`),
  opset: 17,
  check: (match) => {
    const { node, tensor } = match;
    const axes = normalizedAxes(match, node('mean'));
    const others = normalizedAxes(match, node('variance'));
    if (!axes || !others || axes.join() !== others.join())
      return 'its means are over different axes, or not over the last ones';
    if (sizeOf(tensor('epsilon')) !== 1) return 'its epsilon is not one number';
    const sizes = match.shape('x')!.slice(axes[0]);
    const fits = (name: string) => {
      const { dims } = tensor(name);
      return dims.length === sizes.length && dims.every((dim, i) => dim === sizes[i]);
    };
    return fits('scale') && fits('shift')
      ? undefined
      : 'its scale or shift has another shape than what is normalized';
  },
  rewrite: (match) => {
    const { build, value, tensor, node } = match;
    const [axis] = normalizedAxes(match, node('mean'))!;
    return build.op('LayerNormalization', [value('x'), value('scale'), value('shift')], {
      axis: int(axis! - match.shape('x')!.length),
      epsilon: float(floats(tensor('epsilon'))[0]!),
    });
  },
});

/** The axes of a mean, ascending, where they are the last ones and are kept. */
function normalizedAxes({ graph, shape }: Match, mean: Node): readonly number[] | undefined {
  const rank = shape('x')?.length;
  const constant = graph.constant(mean.inputs[1] ?? '');
  const given = intsOf(mean, 'axes') ?? (constant && numbers(constant));
  if (rank === undefined || !given || given.length === 0 || intOf(mean, 'keepdims', 1) === 0)
    return undefined;
  const axes = given.map((axis) => (axis + rank) % rank).sort((a, b) => a - b);
  return axes.every((axis, i) => axis === rank - axes.length + i) ? axes : undefined;
}
