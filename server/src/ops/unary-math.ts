import { defineOp, type Operator, perElement, type Sample, sameChannels, zeroGradient } from './define.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { unaryInts } from './shared/int-arithmetic.ts';

interface Function {
  readonly type: string;
  readonly summary: string;
  /** The function of known elements of small tensors. */
  readonly plain?: (value: number) => number;
  /** Factor of dY, from x and y; `'zero'` for steps. */
  readonly slope: ((m: Calculator, x: string, y: string) => string) | 'zero';
  /** Values of the sample: centre and spread within the function's domain. */
  readonly around?: readonly [centre: number, spread: number];
}

/** The functions of ONNX's first version call their values X and Y, later ones input and output. */
const early = new Set(['Abs', 'Neg', 'Sqrt', 'Reciprocal', 'Ceil', 'Floor', 'Round']);

const function_ = ({
  plain,
  type,
  summary,
  slope,
  around: [centre, spread] = [0, 2],
}: Function): Operator => {
  const named = early.has(type);
  return defineOp({
    type,
    summary,
    inputs: [named ? 'X' : 'input'],
    outputs: [named ? 'Y' : 'output'],
    attributes: {},
    infer: (context) => {
      const ints = plain && unaryInts(context, plain);
      return [ints ? { type: context.inputs[0], ints } : context.inputs[0]];
    },
    cost: perElement(1),
    gradient:
      slope === 'zero'
        ? zeroGradient
        : (context) => {
            const dy = context.dy[0];
            const m = calculator(context);
            return dy ? [m.mul(dy, slope(m, context.inputs[0]!, context.outputs[0]!))] : [];
          },
    channels: sameChannels,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    samples: samples(centre, spread),
  });
};

const samples = (centre: number, spread: number): readonly Sample[] => [
  { name: 'wave', inputs: [waveInput([2, 3, 4], spread, centre)] },
  { name: 'scalar', inputs: [waveInput([], spread, centre)] },
];

/** Real functions of one input, element by element. */
export const unaryMath: readonly Operator[] = [
  function_({ type: 'Abs', plain: Math.abs, summary: '|x|.', slope: (m, x) => m.sign(x) }),
  function_({ type: 'Neg', plain: (value) => -value, summary: '-x.', slope: (m) => m.value(-1) }),
  function_({ type: 'Exp', summary: 'e to the power x.', slope: (_m, _x, y) => y }),
  function_({ type: 'Log', summary: 'Natural logarithm.', slope: (m, x) => m.div(1, x), around: [2, 1.5] }),
  function_({
    type: 'Sqrt',
    plain: Math.sqrt,
    summary: 'Square root.',
    slope: (m, _x, y) => m.div(0.5, y),
    around: [2, 1.5],
  }),
  function_({
    type: 'Reciprocal',
    summary: '1 / x.',
    slope: (m, _x, y) => m.neg(m.mul(y, y)),
    around: [2, 1.2],
  }),
  function_({
    type: 'Erf',
    summary: 'Error function.',
    slope: (m, x) => m.mul(2 / Math.sqrt(Math.PI), m.exp(m.neg(m.mul(x, x)))),
  }),
  function_({ type: 'Sin', summary: 'Sine of radians.', slope: (m, x) => m.cos(x) }),
  function_({ type: 'Cos', summary: 'Cosine of radians.', slope: (m, x) => m.neg(m.sin(x)) }),
  function_({
    type: 'Tan',
    summary: 'Tangent of radians.',
    slope: (m, _x, y) => m.add(1, m.mul(y, y)),
    around: [0, 1],
  }),
  function_({
    type: 'Asin',
    summary: 'Arc sine.',
    slope: (m, x) => m.div(1, m.sqrt(m.sub(1, m.mul(x, x)))),
    around: [0, 0.8],
  }),
  function_({
    type: 'Acos',
    summary: 'Arc cosine.',
    slope: (m, x) => m.div(-1, m.sqrt(m.sub(1, m.mul(x, x)))),
    around: [0, 0.8],
  }),
  function_({
    type: 'Atan',
    summary: 'Arc tangent.',
    slope: (m, x) => m.div(1, m.add(1, m.mul(x, x))),
  }),
  function_({
    type: 'Sinh',
    summary: 'Hyperbolic sine.',
    slope: (m, x) => m.mul(0.5, m.add(m.exp(x), m.exp(m.neg(x)))),
  }),
  function_({
    type: 'Cosh',
    summary: 'Hyperbolic cosine.',
    slope: (m, x) => m.mul(0.5, m.sub(m.exp(x), m.exp(m.neg(x)))),
  }),
  function_({
    type: 'Asinh',
    summary: 'Inverse hyperbolic sine.',
    slope: (m, x) => m.div(1, m.sqrt(m.add(m.mul(x, x), 1))),
  }),
  function_({
    type: 'Acosh',
    summary: 'Inverse hyperbolic cosine.',
    slope: (m, x) => m.div(1, m.sqrt(m.sub(m.mul(x, x), 1))),
    around: [3, 1.5],
  }),
  function_({
    type: 'Atanh',
    summary: 'Inverse hyperbolic tangent.',
    slope: (m, x) => m.div(1, m.sub(1, m.mul(x, x))),
    around: [0, 0.8],
  }),
  function_({ type: 'Sign', summary: '-1, 0 or 1.', slope: 'zero' }),
  function_({
    type: 'Ceil',
    plain: Math.ceil,
    summary: 'The next integer up.',
    slope: 'zero',
    around: [0.1, 2.3],
  }),
  function_({
    type: 'Floor',
    plain: Math.floor,
    summary: 'The next integer down.',
    slope: 'zero',
    around: [0.1, 2.3],
  }),
  function_({
    type: 'Round',
    summary: 'The nearest integer; halves go to the even one.',
    slope: 'zero',
    around: [0.1, 2.3],
  }),
];
