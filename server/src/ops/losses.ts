import { type Attribute, int, text } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import {
  attribute,
  defineOp,
  type GradientContext,
  type InferContext,
  type Operator,
  perInput,
  type Sample,
  staticShape,
} from './define.ts';
import { type Calculator, calculator, intList } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

const attributes = {
  ignore_index: attribute.int('Label of positions that do not count.'),
  reduction: attribute.string('`mean` over the weights of the labels, `sum` or `none`.', 'mean'),
};
interface Attributes {
  readonly ignore_index: number | undefined;
  readonly reduction: string;
}

const lossType = ({ inputs: [scores, labels], attributes: { reduction } }: InferContext<Attributes>) => {
  if (scores?.kind !== 'tensor') return undefined;
  return tensorType(scores.type, reduction === 'none' ? shapeOf(labels) : []);
};

/** The one-hot labels [N, C, ...] and dY as it comes to every position [N, 1, ...]: weighted, averaged, 0 where ignored. */
function positions(
  context: GradientContext<Attributes>,
  m: Calculator,
  dy: string,
): { readonly hot: string; readonly weight: string } {
  const {
    build,
    inputs: [scores, labels, weights],
    types,
    attributes: { ignore_index, reduction },
  } = context;
  const { type, shape } = types(scores!);
  const classes = shape![1] as number;
  const labelType = types(labels!);
  const ignored =
    ignore_index === undefined
      ? undefined
      : build.op('Equal', [labels!, build.constant(labelType.type, [], [ignore_index])]);
  const safe = ignored
    ? build.op('Where', [ignored, build.constant(labelType.type, [], [0]), labels!])
    : labels!;
  const hot = build.op(
    'OneHot',
    [safe, build.constant('int64', [], [classes]), build.constant(type, [2], [0, 1])],
    { axis: int(1) },
  );
  let weight = weights ? build.op('Gather', [weights, safe]) : undefined;
  if (ignored) weight = m.where(ignored, 0, weight ?? 1);
  const axes = (labelType.shape ?? []).map((_, axis) => axis);
  const known = staticShape(labelType.shape)?.reduce((a, b) => a * b, 1);
  const count = () => known ?? m.cast(build.op('Size', [labels!]));
  const scaled = reduction === 'mean' ? m.div(dy, weight ? m.sum(weight, axes, false) : count()) : dy;
  const share = weight ? m.mul(weight, scaled) : scaled;
  const wide = weight || reduction === 'none' ? build.op('Unsqueeze', [share, intList(build, [1])]) : share;
  return { hot, weight: wide };
}

const labels = { type: 'int64' as const, shape: [4], values: [0, 2, 1, 2] };
const samples: readonly Sample[] = ['mean', 'sum', 'none'].flatMap((reduction) => [
  {
    name: reduction,
    inputs: [waveInput([4, 3]), labels],
    attributes: new Map([['reduction', text(reduction)]]),
  },
  {
    name: `${reduction}, weighted, one label ignored`,
    inputs: [
      waveInput([4, 3]),
      labels,
      { type: 'float' as const, shape: [3], values: [0.5, 1, 2], constant: true },
    ],
    attributes: new Map<string, Attribute>([
      ['reduction', text(reduction)],
      ['ignore_index', int(1)],
    ]),
  },
  {
    name: `${reduction} over space`,
    inputs: [waveInput([2, 3, 2]), { type: 'int64' as const, shape: [2, 2], values: [0, 2, 1, 2] }],
    attributes: new Map([['reduction', text(reduction)]]),
  },
]);

/** Losses of class scores against labels. */
export const losses: readonly Operator[] = [
  defineOp({
    type: 'SoftmaxCrossEntropyLoss',
    summary: 'Negative logarithm of the probability that softmax over axis 1 gives the label.',
    inputs: ['scores', 'labels', 'weights?'],
    outputs: ['output', 'log_prob?'],
    attributes,
    infer: (context) => [lossType(context), context.inputs[0]],
    cost: perInput(6),
    differentiable: { inputs: [0], outputs: [0] },
    // (softmax - one-hot) times what comes to the position.
    gradient: (context) => {
      const {
        build,
        inputs: [scores],
        outputs: [, logProb],
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const { hot, weight } = positions(context, m, dy);
      const probability = logProb ? m.exp(logProb) : build.op('Softmax', [scores!], { axis: int(1) });
      return [m.mul(m.sub(probability, hot), weight)];
    },
    channels: { none: 'its channels are the classes' },
    quantize: { none: 'losses stay in floating point' },
    samples: [
      ...samples,
      { name: 'with log probabilities', inputs: [waveInput([4, 3]), labels], outputs: 2 },
    ],
  }),
  defineOp({
    type: 'NegativeLogLikelihoodLoss',
    summary: 'Negated log probability of the label, along axis 1.',
    inputs: ['input', 'target', 'weight?'],
    outputs: ['loss'],
    attributes,
    infer: (context) => [lossType(context)],
    cost: perInput(1),
    differentiable: { inputs: [0] },
    gradient: (context) => {
      const dy = context.dy[0];
      if (!dy) return [];
      const m = calculator(context);
      const { hot, weight } = positions(context, m, dy);
      return [m.neg(m.mul(hot, weight))];
    },
    channels: { none: 'its channels are the classes' },
    quantize: { none: 'losses stay in floating point' },
    samples,
  }),
];
