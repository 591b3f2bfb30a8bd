import { patternRule } from '../rule.ts';

/** x / (1 + exp(-x)), which exporters write as a product with Sigmoid. */
export const swish = patternRule({
  name: 'swish',
  summary: 'A value times its Sigmoid (SiLU) becomes one Swish.',
  patterns: ['Mul(x, Sigmoid(x))'],
  opset: 24,
  rewrite: ({ build, value }) => build.op('Swish', [value('x')]),
});
