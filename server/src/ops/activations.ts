import { text } from '../ir/attribute.ts';
import {
  type AttributeRule,
  type AttributeValues,
  attribute,
  defineOp,
  type Interval,
  type None,
  type Operator,
  perElement,
  type Sample,
  sameChannels,
} from './define.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';
import { geluGradient, tanhGeluGradient } from './shared/gelu.ts';

interface Activation<R extends Readonly<Record<string, AttributeRule>>> {
  readonly type: string;
  readonly summary: string;
  readonly attributes: R;
  /** Operations an element. */
  readonly operations: number;
  /** dX from dY, with the names of input and output at hand. */
  readonly gradient: (
    m: Calculator,
    value: { readonly x: string; readonly y: string; readonly dy: string },
    attributes: AttributeValues<R>,
  ) => string;
  readonly quantize?: 'compute' | None;
  readonly opset?: number;
  readonly domain?: string;
  /** Bounds of y from those of x. */
  readonly range?: (x: Interval) => Interval;
  readonly samples?: readonly Sample[];
}

const everything: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
/** Bounds of a function that never falls. */
const rising =
  (f: (x: number) => number) =>
  ({ low, high }: Interval): Interval => ({ low: f(low), high: f(high) });

const noKernel: None = { none: 'onnxruntime has no int8 kernel for it' };
const wave: Sample = { name: 'wave', inputs: [waveInput([2, 3, 4], 2)] };

/** What ONNX calls `input` and `output`, where all others have X and Y. */
const early = new Set(['Tanh', 'Softsign', 'Shrink']);

function activation<const R extends Readonly<Record<string, AttributeRule>>>(row: Activation<R>): Operator {
  const { opset } = row;
  return defineOp({
    type: row.type,
    ...(row.domain ? { domain: row.domain } : {}),
    summary: row.summary,
    inputs: [early.has(row.type) ? 'input' : 'X'],
    outputs: [early.has(row.type) ? 'output' : 'Y'],
    attributes: row.attributes,
    infer: sameAsInput,
    cost: perElement(row.operations),
    gradient: (context) => {
      const [x, y, dy] = [context.inputs[0]!, context.outputs[0]!, context.dy[0]];
      return dy ? [row.gradient(calculator(context), { x, y, dy }, context.attributes)] : [];
    },
    channels: sameChannels,
    quantize: row.quantize === 'compute' ? { kind: 'compute' } : (row.quantize ?? noKernel),
    range: row.range && (({ inputs: [x] }) => row.range!(x ?? everything)),
    samples: (row.samples ?? [wave]).map((sample) => (opset === undefined ? sample : { opset, ...sample })),
  });
}

/** dY where the condition holds and `otherwise` elsewhere: Where and no product with a mask, so that a dY that is not finite stays out. */
const within = (m: Calculator, condition: string, dy: string, otherwise: string | number = 0) =>
  m.where(condition, dy, otherwise);

/** x sigmoid(s x): SiLU, Swish and QuickGelu. */
const swishGradient = (m: Calculator, x: string, dy: string, alpha: number) => {
  const scaled = alpha === 1 ? x : m.mul(x, alpha);
  const gate = m.sigmoid(scaled);
  return m.mul(dy, m.mul(gate, m.add(1, m.mul(scaled, m.sub(1, gate)))));
};

/** log(1 + exp(x)), without overflow. */
const softplus = (m: Calculator, x: string) =>
  m.add(m.where(m.greater(x, 0), x, 0), m.log(m.add(1, m.exp(m.neg(m.abs(x))))));

/** Activations of one input: y = f(x), element by element. */
export const activations: readonly Operator[] = [
  activation({
    type: 'Relu',
    range: rising((x) => Math.max(x, 0)),
    summary: 'max(x, 0), element by element.',
    attributes: {},
    operations: 1,
    gradient: (m, { y, dy }) => within(m, m.greater(y, 0), dy),
    quantize: 'compute',
  }),
  activation({
    type: 'Sigmoid',
    range: rising((x) => 1 / (1 + Math.exp(-x))),
    summary: '1 / (1 + exp(-x)), element by element.',
    attributes: {},
    operations: 4,
    gradient: (m, { y, dy }) => m.mul(dy, m.mul(y, m.sub(1, y))),
    quantize: 'compute',
  }),
  activation({
    type: 'Tanh',
    range: rising(Math.tanh),
    summary: 'Hyperbolic tangent, element by element.',
    attributes: {},
    operations: 6,
    gradient: (m, { y, dy }) => m.mul(dy, m.sub(1, m.mul(y, y))),
  }),
  activation({
    type: 'LeakyRelu',
    summary: 'x where x >= 0, alpha x elsewhere.',
    attributes: { alpha: attribute.float('Slope below zero.', 0.01) },
    operations: 2,
    gradient: (m, { x, dy }, { alpha }) => within(m, m.less(x, 0), m.mul(dy, alpha), dy),
    quantize: 'compute',
  }),
  activation({
    type: 'Elu',
    summary: 'x where x >= 0, alpha (exp(x) - 1) elsewhere.',
    attributes: { alpha: attribute.float('Limit below zero, negated.', 1) },
    operations: 4,
    // Below zero exp(x) alpha is y + alpha, which cannot overflow.
    gradient: (m, { x, y, dy }, { alpha }) => within(m, m.less(x, 0), m.mul(dy, m.add(y, alpha)), dy),
  }),
  activation({
    type: 'Celu',
    summary: 'max(0, x) + min(0, alpha (exp(x / alpha) - 1)).',
    attributes: { alpha: attribute.float('Scale below zero.', 1) },
    operations: 5,
    gradient: (m, { x, y, dy }, { alpha }) =>
      within(m, m.less(x, 0), m.mul(dy, m.add(m.div(y, alpha), 1)), dy),
  }),
  activation({
    type: 'Selu',
    summary: 'gamma x where x > 0, gamma alpha (exp(x) - 1) elsewhere.',
    attributes: {
      alpha: attribute.float('Limit below zero, negated.', 1.6732631921768188),
      gamma: attribute.float('Scale.', 1.0507010221481323),
    },
    operations: 5,
    gradient: (m, { x, y, dy }, { alpha, gamma }) =>
      m.mul(dy, m.where(m.greater(x, 0), gamma, m.add(y, alpha * gamma))),
  }),
  activation({
    type: 'HardSigmoid',
    summary: 'max(0, min(1, alpha x + beta)).',
    attributes: {
      alpha: attribute.float('Slope.', 0.2),
      beta: attribute.float('Value at zero.', 0.5),
    },
    operations: 4,
    gradient: (m, { y, dy }, { alpha }) =>
      m.where(m.equal(y, 0), 0, m.where(m.equal(y, 1), 0, m.mul(dy, alpha))),
    samples: [wave, { name: 'saturated', inputs: [waveInput([3, 5], 6)] }],
  }),
  activation({
    type: 'HardSwish',
    summary: 'x max(0, min(1, x / 6 + 1 / 2)).',
    attributes: {},
    operations: 5,
    gradient: (m, { x, dy }) =>
      m.where(m.greater(x, 3), dy, m.where(m.less(x, -3), 0, m.mul(dy, m.add(m.mul(x, 1 / 3), 0.5)))),
    samples: [wave, { name: 'saturated', inputs: [waveInput([3, 5], 6)] }],
  }),
  activation({
    type: 'Softplus',
    summary: 'log(1 + exp(x)).',
    attributes: {},
    operations: 5,
    gradient: (m, { x, dy }) => m.mul(dy, m.sigmoid(x)),
  }),
  activation({
    type: 'Softsign',
    summary: 'x / (1 + |x|).',
    attributes: {},
    operations: 3,
    gradient: (m, { x, dy }) => {
      const root = m.add(1, m.abs(x));
      return m.div(dy, m.mul(root, root));
    },
  }),
  activation({
    type: 'Mish',
    summary: 'x tanh(log(1 + exp(x))).',
    attributes: {},
    operations: 12,
    gradient: (m, { x, dy }) => {
      const t = m.tanh(softplus(m, x));
      return m.mul(dy, m.add(t, m.mul(m.mul(x, m.sigmoid(x)), m.sub(1, m.mul(t, t)))));
    },
  }),
  activation({
    type: 'ThresholdedRelu',
    summary: 'x where x > alpha, 0 elsewhere.',
    attributes: { alpha: attribute.float('Threshold.', 1) },
    operations: 1,
    gradient: (m, { x, dy }, { alpha }) => within(m, m.greater(x, alpha), dy),
  }),
  activation({
    type: 'Shrink',
    summary: 'x + bias where x < -lambd, x - bias where x > lambd, 0 between.',
    attributes: {
      lambd: attribute.float('Half width of what becomes zero.', 0.5),
      bias: attribute.float('Shift towards zero.', 0),
    },
    operations: 3,
    gradient: (m, { x, dy }, { lambd }) => within(m, m.greater(m.abs(x), lambd), dy),
  }),
  activation({
    type: 'Gelu',
    summary: 'x times the normal distribution function of x; `approximate = tanh` uses tanh for it.',
    attributes: { approximate: attribute.string('`none` or `tanh`.', 'none') },
    operations: 10,
    gradient: (m, { x, dy }, { approximate }) =>
      approximate === 'tanh' ? tanhGeluGradient(m, x, dy) : geluGradient(m, x, dy),
    samples: [
      wave,
      { name: 'tanh', inputs: wave.inputs, attributes: new Map([['approximate', text('tanh')]]) },
    ],
  }),
  activation({
    type: 'Swish',
    summary: 'x / (1 + exp(-alpha x)).',
    attributes: { alpha: attribute.float('Slope of the gate.', 1) },
    operations: 5,
    gradient: (m, { x, dy }, { alpha }) => swishGradient(m, x, dy, alpha),
    opset: 24,
  }),
  activation({
    type: 'Gelu',
    domain: 'com.microsoft',
    summary: 'x times the normal distribution function of x.',
    attributes: {},
    operations: 10,
    gradient: (m, { x, dy }) => geluGradient(m, x, dy),
  }),
  activation({
    type: 'QuickGelu',
    domain: 'com.microsoft',
    summary: 'x / (1 + exp(-alpha x)).',
    attributes: { alpha: attribute.float('Slope of the gate.', 1.702) },
    operations: 5,
    gradient: (m, { x, dy }, { alpha }) => swishGradient(m, x, dy, alpha),
  }),
];
