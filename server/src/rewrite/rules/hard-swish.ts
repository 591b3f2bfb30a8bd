import { patternRule } from '../rule.ts';
import { floatOf } from './shared/attributes.ts';

const clip = 'Clip(Add(x, 3), 0, 6)';

/** x clip(x + 3, 0, 6) / 6, as exporters spell out HardSwish. */
export const hardSwish = patternRule({
  name: 'hard-swish',
  summary: 'HardSwish spelled out becomes one HardSwish.',
  patterns: [
    `Div(Mul(x, ${clip}), 6)`,
    `Mul(x, Div(${clip}, 6))`,
    `Mul(Mul(x, ${clip}), 0.16666667)`,
    `Mul(x, Mul(${clip}, 0.16666667))`,
  ],
  opset: 14,
  rewrite: ({ build, value }) => build.op('HardSwish', [value('x')]),
});

/** x clip(x / 6 + 1/2, 0, 1) */
export const hardSwishOfSigmoid = patternRule({
  name: 'hard-swish-of-sigmoid',
  summary: 'A value times its HardSigmoid becomes one HardSwish.',
  patterns: ['Mul(x, sigmoid:HardSigmoid(x))'],
  opset: 14,
  check: ({ node }) => {
    const [alpha, beta] = [floatOf(node('sigmoid'), 'alpha', 0.2), floatOf(node('sigmoid'), 'beta', 0.5)];
    return Math.abs(alpha - 1 / 6) < 1e-6 && beta === 0.5 ? undefined : 'the slope of HardSigmoid is not 1/6';
  },
  rewrite: ({ build, value }) => build.op('HardSwish', [value('x')]),
});
