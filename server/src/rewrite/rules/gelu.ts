import { text } from '../../ir/attribute.ts';
import { patternRule } from '../rule.ts';

const erf = ['Erf(Div(x, 1.4142135))', 'Erf(Mul(x, 0.70710677))'];
const tanh = [
  'Tanh(Mul(Add(x, Mul(Mul(Mul(x, x), x), 0.044715)), 0.7978846))',
  'Tanh(Mul(Add(x, Mul(Mul(x, Mul(x, x)), 0.044715)), 0.7978846))',
  'Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.7978846))',
];
/** x/2 (1 + f) in the three ways in which the product of three is written. */
const products = (f: string): string[] => [
  `Mul(Mul(x, Add(${f}, 1)), 0.5)`,
  `Mul(Mul(x, 0.5), Add(${f}, 1))`,
  `Mul(x, Mul(Add(${f}, 1), 0.5))`,
];

/** x/2 (1 + erf(x / sqrt 2)), as exporters spell out GELU. */
export const gelu = patternRule({
  name: 'gelu',
  summary: 'GELU spelled out with Erf becomes one Gelu.',
  patterns: erf.flatMap(products),
  opset: 20,
  rewrite: ({ build, value }) => build.op('Gelu', [value('x')]),
});

/** x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the approximation of GELU. */
export const geluTanh = patternRule({
  name: 'gelu-tanh',
  summary: 'GELU spelled out with Tanh becomes one Gelu.',
  patterns: tanh.flatMap(products),
  opset: 20,
  rewrite: ({ build, value }) => build.op('Gelu', [value('x')], { approximate: text('tanh') }),
});
