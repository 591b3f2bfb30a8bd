import { float } from '../ir/attribute.ts';
import { type Dim, lowerBound, unknownDim } from '../ir/dim.ts';
import { attribute, defineOp, perElement, sameChannels } from './define.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { withInts } from './shared/types.ts';

const limit = (value: number) => ({ type: 'float' as const, shape: [], values: [value], constant: true });

/** A known element within limits; a symbolic one only where they do not touch it. */
const limited = (value: Dim, low: Dim, high: Dim): Dim => {
  if (typeof low !== 'number' || typeof high !== 'number') return unknownDim;
  if (typeof value === 'number') return Math.min(Math.max(value, low), high);
  return high === Number.POSITIVE_INFINITY && (lowerBound(value) ?? Number.NEGATIVE_INFINITY) >= low
    ? value
    : unknownDim;
};

/** min(max(x, low), high); the limits are attributes before opset 11. The gradient is 1 at both limits. */
export const clip = defineOp({
  type: 'Clip',
  summary: 'x limited to [min, max], element by element.',
  inputs: ['input', 'min?', 'max?'],
  outputs: ['output'],
  attributes: {
    min: attribute.float('Lower limit (before opset 11).'),
    max: attribute.float('Upper limit (before opset 11).'),
  },
  infer: ({ inputs: [x], attributes, ints, given }) => {
    const low = given(1) ? ints(1)?.[0] : (attributes.min ?? Number.NEGATIVE_INFINITY);
    const high = given(2) ? ints(2)?.[0] : (attributes.max ?? Number.POSITIVE_INFINITY);
    const known = low === undefined || high === undefined ? undefined : ints(0);
    return [
      withInts(
        x,
        known?.map((value) => limited(value, low!, high!)),
      ),
    ];
  },
  cost: perElement(2),
  gradient: (context) => {
    const {
      inputs: [x, low, high],
      attributes: { min, max },
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const m: Calculator = calculator(context);
    const bounds = [low || min, high || max] as const;
    const below = bounds[0] === undefined ? undefined : m.less(x!, bounds[0]);
    const above = bounds[1] === undefined ? undefined : m.greater(x!, bounds[1]);
    let dx = dy;
    if (below) dx = m.where(below, 0, dx);
    if (above) dx = m.where(above, 0, dx);
    const axes = (context.types(x!).shape ?? []).map((_, axis) => axis);
    const outside = (mask: string | undefined) =>
      mask ? m.sum(m.where(mask, dy, 0), axes, false) : undefined;
    return [dx, low && wants(1) ? outside(below) : undefined, high && wants(2) ? outside(above) : undefined];
  },
  // A limit is one number, which no cut touches.
  channels: (context) => sameChannels({ ...context, inputs: context.inputs.slice(0, 1) }),
  quantize: { kind: 'compute' },
  range: ({ inputs: [x, low, high], attributes: { min, max } }) => {
    const within = {
      low: low?.low ?? min ?? Number.NEGATIVE_INFINITY,
      high: high?.high ?? max ?? Number.POSITIVE_INFINITY,
    };
    if (!x) return within;
    return {
      low: Math.min(Math.max(x.low, within.low), within.high),
      high: Math.min(Math.max(x.high, within.low), within.high),
    };
  },
  samples: [
    { name: 'both limits', inputs: [waveInput([3, 4], 2), limit(-1), limit(1.5)] },
    { name: 'lower limit', inputs: [waveInput([3, 4], 2), limit(0)] },
    { name: 'upper limit', inputs: [waveInput([3, 4], 2), undefined, limit(0.5)] },
    { name: 'no limit', inputs: [waveInput([3, 4])] },
    {
      name: 'attributes',
      opset: 7,
      inputs: [waveInput([3, 4], 2)],
      attributes: new Map([
        ['min', float(-0.5)],
        ['max', float(1)],
      ]),
    },
  ],
});
