import { int } from '../ir/attribute.ts';
import { shapeOf } from '../ir/value-type.ts';
import {
  attribute,
  type ChannelRule,
  defineOp,
  type Interval,
  type None,
  type Operator,
  perElement,
  type QuantizeRule,
  type Sample,
  sameChannels,
} from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

interface Normalized {
  readonly type: string;
  readonly summary: string;
  readonly operations: number;
  readonly gradient: (
    m: Calculator,
    value: { readonly y: string; readonly dy: string },
    sum: (value: string) => string,
  ) => string | undefined;
  readonly quantize: QuantizeRule | None;
  readonly range: Interval;
}

const samples: readonly Sample[] = [
  { name: 'last axis', inputs: [waveInput([2, 3, 4], 2)] },
  { name: 'middle axis', inputs: [waveInput([2, 3, 4], 2)], attributes: new Map([['axis', int(1)]]) },
  {
    name: 'before opset 13',
    opset: 11,
    inputs: [waveInput([2, 3, 4], 2)],
  },
];

/**
 * Every axis before the normalized one goes through. Before opset 13 all axes from `axis` on are normalized, and its default
 * was 1, so later axes stay whole, and all but the first where `axis` is left out.
 */
const channels: ChannelRule<{ readonly axis: number | undefined }> = (context) => {
  const rank = context.inputs[0]?.shape?.length ?? 0;
  const axis = context.attributes.axis ?? Math.min(1, rank - 1);
  const first = axis < 0 ? axis + rank : axis;
  return sameChannels(context).filter(({ to }) => to.axis < first);
};

const normalized = (row: Normalized): Operator =>
  defineOp({
    type: row.type,
    summary: row.summary,
    inputs: ['input'],
    outputs: ['output'],
    attributes: {
      axis: attribute.int('Axis to normalize: the last one by default, 1 and all after it before opset 13.'),
    },
    infer: (context) => {
      const shape = shapeOf(context.inputs[0]);
      const axis = context.attributes.axis ?? (context.opset < 13 ? 1 : -1);
      // Before opset 13 `axis` may be the rank: nothing is then normalized over.
      if (shape && !(context.opset < 13 && axis === shape.length))
        normalizeAxis(axis, shape.length, context.fail);
      return sameAsInput(context);
    },
    cost: perElement(row.operations),
    gradient: (context) => {
      const dy = context.dy[0];
      if (!dy) return [];
      const m = calculator(context);
      const axis = context.attributes.axis ?? -1;
      return [row.gradient(m, { y: context.outputs[0]!, dy }, (value) => m.sum(value, [axis]))];
    },
    channels,
    quantize: row.quantize,
    range: () => row.range,
    samples,
  });

/** Functions that see a whole axis. */
export const softmax: readonly Operator[] = [
  normalized({
    type: 'Softmax',
    range: { low: 0, high: 1 },
    summary: 'exp(x) / sum of exp(x) along an axis.',
    operations: 5,
    gradient: (m, { y, dy }, sum) => m.mul(y, m.sub(dy, sum(m.mul(dy, y)))),
    quantize: { kind: 'compute' },
  }),
  normalized({
    type: 'LogSoftmax',
    range: { low: Number.NEGATIVE_INFINITY, high: 0 },
    summary: 'x - log(sum of exp(x)) along an axis.',
    operations: 5,
    gradient: (m, { y, dy }, sum) => m.sub(dy, m.mul(m.exp(y), sum(dy))),
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
  }),
  normalized({
    type: 'Hardmax',
    range: { low: 0, high: 1 },
    summary: '1 at the largest element along an axis, 0 elsewhere.',
    operations: 1,
    gradient: () => undefined,
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
  }),
];
