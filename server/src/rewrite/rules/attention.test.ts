import { ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { attentionRules } from './attention.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const [after, afterMasked, before, beforeMasked] = attentionRules;
const inputs = { q: ['N', 2, 5, 4], k: ['N', 2, 6, 4], v: ['N', 2, 6, 3], mask: ['N', 1, 5, 6] } as const;
const scalar = (b: Builder, value: number) => b.constant('float', [], [value]);
const turned = (b: Builder, perm = [0, 1, 3, 2]) => b.op('Transpose', ['k'], { perm: ints(perm) });
const attend = (b: Builder, scores: string) => b.op('MatMul', [b.op('Softmax', [scores]), 'v']);
const divided = (b: Builder) => b.op('Div', [b.op('MatMul', ['q', turned(b)]), scalar(b, 2)]);
const scaledBefore = (b: Builder) =>
  b.op('MatMul', [b.op('Mul', ['q', scalar(b, 0.7)]), b.op('Mul', [turned(b), scalar(b, 0.7)])]);

proves(after!, { name: 'divided scores', inputs, opset: 23, build: (b) => attend(b, divided(b)) }, [
  'Attention',
]);
proves(
  after!,
  {
    name: 'multiplied scores',
    inputs,
    opset: 23,
    build: (b) => attend(b, b.op('Mul', [b.op('MatMul', ['q', turned(b)]), scalar(b, 0.5)])),
  },
  ['Attention'],
);
proves(
  afterMasked!,
  { name: 'a mask', inputs, opset: 23, build: (b) => attend(b, b.op('Add', [divided(b), 'mask'])) },
  ['Attention'],
);
proves(
  before!,
  { name: 'scaled queries and keys', inputs, opset: 23, build: (b) => attend(b, scaledBefore(b)) },
  ['Attention'],
);
proves(
  beforeMasked!,
  {
    name: 'scaled queries and keys, and a mask',
    inputs,
    opset: 23,
    build: (b) => attend(b, b.op('Add', [scaledBefore(b), 'mask'])),
  },
  ['Attention'],
);
refuses(
  after!,
  {
    name: 'other heads of keys',
    inputs: { ...inputs, k: ['N', 1, 6, 4] },
    opset: 23,
    build: (b) => attend(b, divided(b)),
  },
  /heads/,
);
refuses(
  after!,
  { name: 'an opset without Attention', inputs, opset: 21, build: (b) => attend(b, divided(b)) },
  /23/,
);
