import { type Attribute, float, int, ints } from '../ir/attribute.ts';
import { attribute, defineOp, type Operator, perElement, sameChannels, staticShape } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';
import { renormalize } from './shared/normalize.ts';

const noKernel = { none: 'onnxruntime has no int8 kernel for it' };

/** Normalizations without trained parameters. */
export const localNormalizations: readonly Operator[] = [
  defineOp({
    type: 'LRN',
    summary:
      'Local response normalization: x / (bias + alpha / size * sum of x^2 over `size` channels)^beta.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: {
      alpha: attribute.float('Factor of the sum.', 0.0001),
      beta: attribute.float('Exponent.', 0.75),
      bias: attribute.float('Added to the sum.', 1),
      size: attribute.int('Number of channels in the sum.', 1),
    },
    infer: sameAsInput,
    cost: ({ outputs: [y], attributes: { size }, count }) => ({ macs: 0, operations: (size + 4) * count(y) }),
    /**
     * With s the base of the power, dX = dY s^-beta - 2 alpha beta / size x W(dY x s^(-beta - 1)), where W sums over the
     * channels whose window has this one.
     */
    gradient: (context) => {
      const {
        build,
        inputs: [x],
        types,
        attributes: { alpha, beta, bias, size },
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const { type, shape } = types(x!);
      const [channels, ...spatial] = staticShape(shape!.slice(1))! as [number, ...number[]];
      const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
      const ones = build.constant(type, [1, 1, size, 1], new Float32Array(size).fill(1));
      const windows = (value: string, pads: readonly [number, number]) => {
        const plane = m.reshape(value, [-1, 1, channels, spatial.reduce((a, b) => a * b, 1)]);
        const summed = build.op('Conv', [plane, ones], { pads: ints([pads[0], 0, pads[1], 0]) });
        return m.reshapeLike(summed, x!);
      };
      const base = m.add(bias, m.mul(alpha / size, windows(m.mul(x!, x!), [before, after])));
      const scaled = m.mul(dy, m.pow(base, -beta));
      const inner = windows(m.div(m.mul(scaled, x!), base), [after, before]);
      return [m.sub(scaled, m.mul((2 * alpha * beta) / size, m.mul(x!, inner)))];
    },
    channels: (context) =>
      sameChannels(context).map((coupling) =>
        coupling.to.axis === 1 ? { ...coupling, mixes: true } : coupling,
      ),
    quantize: noKernel,
    samples: [3, 5].map((size) => ({
      name: `${size} channels`,
      inputs: [waveInput([2, 5, 3, 2], 2)],
      attributes: new Map<string, Attribute>([
        ['size', int(size)],
        ['alpha', float(0.5)],
      ]),
    })),
  }),
  defineOp({
    type: 'LpNormalization',
    summary: 'x divided by its p-norm along an axis, p being 1 or 2.',
    inputs: ['input'],
    outputs: ['output'],
    attributes: {
      axis: attribute.int('Axis of the norm.', -1),
      p: attribute.int('Order of the norm: 1 or 2.', 2),
    },
    infer: sameAsInput,
    cost: perElement(3),
    gradient: (context) => {
      const {
        inputs: [x],
        outputs: [y],
        attributes: { axis, p },
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const power = m.sum(p === 1 ? m.abs(x!) : m.mul(x!, x!), [axis]);
      const norm = p === 1 ? power : m.sqrt(power);
      // Where all is zero the output is zero, and no direction is better than another.
      const zero = m.equal(norm, 0);
      const along = m.sum(m.mul(dy, y!), [axis]);
      const dx = m.sub(dy, m.mul(p === 1 ? m.sign(x!) : y!, along));
      return [m.where(zero, 0, m.div(dx, m.where(zero, 1, norm)))];
    },
    channels: (context) => {
      const rank = context.inputs[0]?.shape?.length ?? 0;
      const axis = context.attributes.axis < 0 ? context.attributes.axis + rank : context.attributes.axis;
      return sameChannels(context).map((coupling) =>
        coupling.to.axis === axis ? { ...coupling, mixes: true } : coupling,
      );
    },
    quantize: noKernel,
    samples: [1, 2].map((p) => ({
      name: `p = ${p}`,
      inputs: [waveInput([2, 3, 4])],
      attributes: new Map([
        ['p', int(p)],
        ['axis', int(1)],
      ]),
    })),
  }),
  defineOp({
    type: 'MeanVarianceNormalization',
    summary: '(x - mean) / standard deviation over axes.',
    inputs: ['X'],
    outputs: ['Y'],
    attributes: { axes: attribute.ints('Axes of the statistics.', [0, 2, 3]) },
    infer: sameAsInput,
    cost: perElement(6),
    gradient: (context) => {
      const {
        inputs: [x],
        attributes: { axes },
        dy: [dy],
      } = context;
      return dy ? [renormalize(context, x!, axes, 1e-12).backward(dy)] : [];
    },
    channels: (context) =>
      sameChannels(context).map((coupling) =>
        context.attributes.axes.includes(coupling.to.axis) ? { ...coupling, mixes: true } : coupling,
      ),
    quantize: noKernel,
    samples: [{ name: 'per channel', inputs: [waveInput([2, 3, 4, 2])] }],
  }),
];
