import { type Attribute, float } from '../../ir/attribute.ts';
import { floats, sizeOf } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { type Bounds, clampBounds } from './shared/clamp-bounds.ts';

/** Relu and Clip in a row -> one of them; Clip from zero up -> Relu. */
export const clampChain = patternRule({
  name: 'clamp-chain',
  summary: 'Relu and Clip in a row become one, and a Clip from zero up becomes Relu.',
  patterns: ['Relu|Clip(inner:Relu|Clip(x, ...), ...)'],
  check: (match) => {
    if (!together(match)) return 'a bound is computed';
    return match.type('x')?.type === 'float' ? undefined : 'only float32 values';
  },
  rewrite: (match) => writeClamp(match, together(match)!),
});

/** Clip(x, 0) -> Relu(x) */
export const clipToRelu = patternRule({
  name: 'clip-to-relu',
  summary: 'A Clip from zero up becomes Relu, which more kernels fuse.',
  patterns: ['Clip(x, ...)'],
  check: ({ graph, root, type }) => {
    const bounds = clampBounds(graph, root);
    if (bounds?.min !== 0 || bounds.max !== Number.POSITIVE_INFINITY)
      return 'it has other bounds than zero and none';
    return type('x')?.type === 'float' ? undefined : 'only float32 values';
  },
  rewrite: ({ build, value }) => build.op('Relu', [value('x')]),
});

/** Min(Max(x, a), b) -> Clip(x, a, b); Max(x, 0) -> Relu(x) */
export const clampOfExtremes = patternRule({
  name: 'clamp-of-extremes',
  summary: 'Max and Min with numbers become Clip or Relu.',
  patterns: ['Min(Max(x, #low), #high)', 'Max(Min(x, #high), #low)', 'Max(x, 0)'],
  check: (match) => {
    if (match.type('x')?.type !== 'float') return 'only float32 values';
    const given = ['low', 'high'].filter((name) => match.optional(name) !== undefined);
    if (
      given.some(
        (name) =>
          sizeOf(match.tensor(name)) !== 1 ||
          match.tensor(name).dims.length > (match.shape('x')?.length ?? 0),
      )
    )
      return 'a bound is more than one number';
    const { min, max } = extremes(match);
    return min <= max ? undefined : 'the bounds cross';
  },
  rewrite: (match) => writeClamp(match, extremes(match)),
});

/** What the inner clamp and then the outer one do. */
function together({ graph, root, node }: Match): Bounds | undefined {
  const [outer, inner] = [clampBounds(graph, root), clampBounds(graph, node('inner'))];
  if (!outer || !inner) return undefined;
  const clamp = (value: number) => Math.min(outer.max, Math.max(outer.min, value));
  return { min: clamp(inner.min), max: clamp(inner.max) };
}

function extremes({ optional, tensor }: Match): Bounds {
  const number = (name: string, none: number) =>
    optional(name) === undefined ? none : floats(tensor(name))[0]!;
  const isRelu = optional('low') === undefined;
  return {
    min: isRelu ? 0 : number('low', Number.NEGATIVE_INFINITY),
    max: number('high', Number.POSITIVE_INFINITY),
  };
}

function writeClamp({ build, context, value }: Match, { min, max }: Bounds): string {
  const x = value('x');
  if (min === 0 && max === Number.POSITIVE_INFINITY) return build.op('Relu', [x]);
  if (context.opset >= 11) {
    const input = (bound: number) =>
      Number.isFinite(bound) ? build.constant('float', [], [bound], 'bound') : '';
    const [low, high] = [input(min), input(max)];
    return build.op('Clip', high === '' ? (low === '' ? [x] : [x, low]) : [x, low, high]);
  }
  const attributes: Record<string, Attribute> = {};
  if (Number.isFinite(min)) attributes.min = float(min);
  if (Number.isFinite(max)) attributes.max = float(max);
  return build.op('Clip', [x], attributes);
}
