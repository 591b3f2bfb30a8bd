import { float } from '../../ir/attribute.ts';
import { sameDim } from '../../ir/dim.ts';
import { floats, sizeOf, type Tensor } from '../../ir/tensor.ts';
import { type Match, patternRule, type Rule } from '../rule.ts';

/** The one number that a constant holds, or undefined. */
const numberOf = (tensor: Tensor): number | undefined =>
  sizeOf(tensor) === 1 ? floats(tensor)[0] : undefined;

interface Form {
  readonly name: string;
  readonly words: string;
  /** The scores as a pattern over q, the transposed t of k, and constants. */
  readonly scores: string;
  readonly scale: (match: Match) => number | undefined;
}

const forms: readonly Form[] = [
  {
    name: 'attention',
    words: 'whose scores are scaled',
    scores: 'scaled:Mul|Div(MatMul(q, t:Transpose(k)), #s)',
    scale: ({ node, tensor }) => {
      const number = numberOf(tensor('s'));
      return number === undefined || node('scaled').opType === 'Mul' ? number : 1 / number;
    },
  },
  {
    name: 'attention-scaled-before',
    words: 'whose queries and keys are scaled',
    scores: 'MatMul(Mul(q, #a), Mul(t:Transpose(k), #b))',
    scale: ({ tensor }) => {
      const [a, b] = [numberOf(tensor('a')), numberOf(tensor('b'))];
      return a === undefined || b === undefined ? undefined : a * b;
    },
  },
];

/** Why the parts do not make up the standard's attention over [batch, heads, length, features]. */
function refusal(
  { node, type, shape, context }: Match,
  scale: number | undefined,
  masked: boolean,
): string | undefined {
  const shapes = ['q', 'k', 'v'].map((name) => shape(name));
  if (shapes.some((each) => each?.length !== 4))
    return 'queries, keys and values are not known to have four axes';
  const [q, k, v] = shapes;
  const same = [0, 1].every((axis) => sameDim(q![axis]!, k![axis]!) && sameDim(q![axis]!, v![axis]!));
  if (!same) return 'batch and heads of queries, keys and values are not known to be the same';
  if (type('q')?.type !== 'float') return 'it is no float32 attention';
  if (scale === undefined || !(scale > 0)) return 'the scale is not one positive number';
  const perm = node('t').attributes.get('perm');
  if (perm?.kind !== 'ints' || String(perm.value) !== '0,1,3,2')
    return 'the keys are not transposed in their last two axes';
  const axis = node('softmax').attributes.get('axis');
  if (axis?.kind === 'int' && axis.value !== -1 && axis.value !== 3) return 'Softmax runs over another axis';
  if (
    masked &&
    (shape('mask')?.length !== 4 || context.type(node('masked').outputs[0]!)?.shape?.length !== 4)
  )
    return 'the mask is not known to have four axes';
  return undefined;
}

const rule = ({ name, words, scores, scale }: Form, masked: boolean): Rule =>
  patternRule({
    name: masked ? `${name}-masked` : name,
    summary: `Softmax(Q K^T${masked ? ' + mask' : ''}) V ${words} becomes one Attention.`,
    patterns: [`MatMul(softmax:Softmax(${masked ? `masked:Add(${scores}, mask)` : scores}), v)`],
    opset: 23,
    check: (match) => refusal(match, scale(match), masked),
    rewrite: (match) => {
      const inputs = ['q', 'k', 'v', ...(masked ? ['mask'] : [])].map(match.value);
      return match.build.op('Attention', inputs, { scale: float(scale(match)!) });
    },
  });

/** softmax(scale Q K^T + mask) V over several heads (ONNX, Attention, from opset 23 on). */
export const attentionRules: readonly Rule[] = forms.flatMap((form) => [rule(form, false), rule(form, true)]);
