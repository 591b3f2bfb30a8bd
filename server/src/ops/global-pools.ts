import { shapeOf, tensorType } from '../ir/value-type.ts';
import {
  type AttributeRule,
  attribute,
  defineOp,
  type Operator,
  perInput,
  sameChannels,
  staticShape,
} from './define.ts';
import { type Calculator, calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

interface Row {
  readonly type: string;
  readonly summary: string;
  readonly quantize: Operator['quantize'];
  readonly gradient: (
    m: Calculator,
    value: { readonly x: string; readonly y: string; readonly dy: string },
    spatial: readonly number[],
    p: number,
  ) => string;
  readonly order?: Readonly<Record<string, AttributeRule<number>>>;
}

const pool = ({ type, summary, quantize, gradient, order = {} }: Row): Operator =>
  defineOp({
    type,
    summary,
    inputs: ['X'],
    outputs: ['Y'],
    attributes: order,
    infer: ({ inputs: [x] }) => {
      const shape = shapeOf(x);
      if (x?.kind !== 'tensor' || !shape) return [x];
      return [
        tensorType(
          x.type,
          shape.map((dim, axis) => (axis < 2 ? dim : 1)),
        ),
      ];
    },
    cost: perInput(1),
    gradient: (context) => {
      const {
        inputs: [x],
        outputs: [y],
        dy: [dy],
        types,
      } = context;
      if (!dy) return [];
      const spatial = staticShape(types(x!).shape!.slice(2))!;
      const m = calculator(context);
      return [gradient(m, { x: x!, y: y!, dy }, spatial, context.attributes.p ?? 2)];
    },
    channels: (context) => sameChannels(context).filter(({ to }) => to.axis < 2),
    quantize,
    samples: [
      { name: 'images', inputs: [waveInput([2, 3, 4, 5])] },
      { name: 'one dimension', inputs: [waveInput([2, 3, 4])] },
    ],
  });

/** Pooling over all of space: [N, C, ...] becomes [N, C, 1, ...]. */
export const globalPools: readonly Operator[] = [
  pool({
    type: 'GlobalAveragePool',
    summary: 'Mean of every channel over space.',
    quantize: { kind: 'compute' },
    gradient: (m, { x, dy }, spatial) =>
      m.expandLike(
        m.div(
          dy,
          spatial.reduce((a, b) => a * b, 1),
        ),
        x,
      ),
  }),
  pool({
    type: 'GlobalMaxPool',
    summary: 'Largest element of every channel over space.',
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    // Equal maxima share the gradient.
    gradient: (m, { x, y, dy }, spatial) => {
      const hit = m.equal(x, y);
      const ties = m.sum(
        m.cast(hit),
        spatial.map((_, i) => i + 2),
      );
      return m.where(hit, m.div(dy, ties), 0);
    },
  }),
  pool({
    type: 'GlobalLpPool',
    summary: 'The p-norm of every channel over space.',
    order: { p: attribute.int('Order of the norm.', 2) },
    quantize: { none: 'onnxruntime has no int8 kernel for it' },
    // d/dx (sum |x|^p)^(1/p) = sign(x) (|x| / y)^(p - 1)
    gradient: (m, { x, y, dy }, _spatial, p) => {
      const ratio = m.div(m.abs(x), m.where(m.equal(y, 0), 1, y));
      return m.mul(dy, m.mul(m.sign(x), m.pow(ratio, p - 1)));
    },
  }),
];
