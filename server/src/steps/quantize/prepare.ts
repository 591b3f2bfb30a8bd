import { isNone } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import { type Match, patternRule, type Rule } from '../../rewrite/rule.ts';
import { floatOf } from '../../rewrite/rules/shared/attributes.ts';

/**
 * Rules that spell operators without an int8 kernel out in ones that have one. Applied right before quantization: in float
 * they gain nothing.
 */
export function preparationRules(): readonly Rule[] {
  return [hardSigmoid, hardSwish];
}

const behindInteger = ({ graph, root }: Match): string | undefined => {
  const producer = graph.producer(root.inputs[0]!);
  const rule = producer && operatorOf(producer)?.quantize;
  return rule && !isNone(rule) ? undefined : 'its input is not in 8 bits';
};

/** HardSigmoid(x) -> Clip(alpha x + beta, 0, 1): the product is a scale, the Clip the ends of the 8 bits. */
const hardSigmoid = patternRule({
  name: 'spell-out-hard-sigmoid',
  summary: 'HardSigmoid becomes Mul, Add and Clip.',
  patterns: ['HardSigmoid(x)'],
  opset: 11,
  check: (match) =>
    floatOf(match.root, 'alpha', 0.2) > 0 ? behindInteger(match) : 'its slope is not positive',
  rewrite: ({ root, build, value }) => {
    const number = (x: number) => build.constant('float', [], [x]);
    const product = build.op('Mul', [value('x'), number(floatOf(root, 'alpha', 0.2))]);
    const sum = build.op('Add', [product, number(floatOf(root, 'beta', 0.5))]);
    return build.op('Clip', [sum, number(0), number(1)]);
  },
});

/** HardSwish(x) -> x Clip(x + 3, 0, 6) / 6 */
const hardSwish = patternRule({
  name: 'spell-out-hard-swish',
  summary: 'HardSwish becomes Add, Clip and Mul.',
  patterns: ['HardSwish(x)'],
  opset: 11,
  check: behindInteger,
  rewrite: ({ build, value }) => {
    const number = (x: number) => build.constant('float', [], [x]);
    const clipped = build.op('Clip', [build.op('Add', [value('x'), number(3)]), number(0), number(6)]);
    return build.op('Mul', [build.op('Mul', [value('x'), clipped]), number(1 / 6)]);
  },
});
