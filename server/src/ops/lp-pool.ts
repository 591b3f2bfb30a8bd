import { type Attribute, int, ints } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, sameChannels, staticShape } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { fixedWindow, slide, windowOf } from './shared/window.ts';
import { poolAttributeRules } from './shared/window-attributes.ts';
import { spreadWindows } from './shared/window-gradient.ts';

/** Y = (sum over the window of |X|^p)^(1/p). Gradient: sign(x) |x|^(p - 1) times dY y^(1 - p) of every window with x. */
export const lpPool = defineOp({
  type: 'LpPool',
  summary: 'The p-norm of every window of an image batch [N, C, ...].',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: { ...poolAttributeRules, p: attribute.int('Order of the norm.', 2) },
  infer: ({ inputs: [x], attributes, fail }) => {
    const shape = shapeOf(x);
    if (x?.kind !== 'tensor' || !shape) return [x];
    const window = windowOf(attributes, attributes.kernel_shape ?? fail('it has no kernel_shape'));
    return [tensorType(x.type, [...shape.slice(0, 2), ...slide(shape.slice(2), attributes, window)])];
  },
  cost: ({ outputs: [y], attributes: { kernel_shape }, count }) => ({
    macs: 0,
    operations: 2 * count(y) * (kernel_shape ?? []).reduce((a, b) => a * b, 1),
  }),
  gradient: (context) => {
    const {
      inputs: [x],
      outputs: [y],
      types,
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const m = calculator(context);
    const spatial = staticShape(types(x!).shape!.slice(2))!;
    const window = fixedWindow(spatial, attributes, attributes.kernel_shape!);
    const output = slide(spatial, attributes, window) as readonly number[];
    const zero = m.equal(y!, 0);
    const share = m.where(zero, 0, m.mul(dy, m.pow(m.where(zero, 1, y!), 1 - attributes.p)));
    const spread = spreadWindows(context, share, { spatial, output, window });
    return [m.mul(m.mul(m.sign(x!), m.pow(m.abs(x!), attributes.p - 1)), spread)];
  },
  channels: (context) => sameChannels(context).filter(({ to }) => to.axis < 2),
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [2, 3].map((p) => ({
    name: `p = ${p}`,
    inputs: [waveInput([1, 2, 5, 6])],
    attributes: new Map<string, Attribute>([
      ['kernel_shape', ints([3, 2])],
      ['strides', ints([2, 1])],
      ['pads', ints([1, 0, 0, 1])],
      ['p', int(p)],
    ]),
  })),
});
