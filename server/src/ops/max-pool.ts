import { type Attribute, int, ints, text } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type GradientContext, sameChannels, staticShape } from './define.ts';
import { calculator, intList, shapeValue } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { fixedWindow, slide, type WindowAttributes, windowOf } from './shared/window.ts';
import { poolAttributeRules } from './shared/window-attributes.ts';

/**
 * Y[n, c, y] = max over k of X[n, c, s y + d k - p].
 * Gradient: dY goes to the element that was largest. Windows that tile the input share it among equal elements, by comparison
 * with the maximum; others add it at the node's own indices (MaxUnpool would lose all but one where windows overlap).
 */
export const maxPool = defineOp({
  type: 'MaxPool',
  summary: 'Largest element of every window of an image batch [N, C, ...].',
  inputs: ['X'],
  outputs: ['Y', 'Indices?'],
  attributes: {
    ...poolAttributeRules,
    storage_order: attribute.int('1: indices count columns first.', 0),
  },
  infer: ({ inputs: [x], attributes, fail }) => {
    const shape = shapeOf(x);
    if (x?.kind !== 'tensor') return [undefined, tensorType('int64')];
    if (!shape) return [x, tensorType('int64')];
    const kernel = attributes.kernel_shape ?? fail('it has no kernel_shape');
    if (kernel.length !== shape.length - 2)
      fail(`the window has ${kernel.length} axes but the input ${shape.length - 2}`);
    const output = [...shape.slice(0, 2), ...slide(shape.slice(2), attributes, windowOf(attributes, kernel))];
    return [tensorType(x.type, output), tensorType('int64', output)];
  },
  cost: ({ outputs: [y], attributes: { kernel_shape }, count }) => ({
    macs: 0,
    operations: count(y) * (kernel_shape ?? []).reduce((a, b) => a * b, 1),
  }),
  differentiable: { outputs: [0] },
  gradient: (context) => {
    const {
      inputs: [x],
      types,
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const spatial = staticShape(types(x!).shape!.slice(2))!;
    return [tiles(spatial, attributes) ? tiledGradient(context, spatial, dy) : scattered(context, dy)];
  },
  channels: (context) => {
    const through = sameChannels(context).filter(({ to }) => to.axis < 2);
    // Indices count over all channels, so they change with them.
    return context.outputs[1]
      ? [...through, ...through.map(({ from, to }) => ({ from, to: { ...to, output: 1 }, mixes: true }))]
      : through;
  },
  quantize: { kind: 'transparent' },
  samples: [
    {
      name: 'tiles',
      inputs: [waveInput([2, 3, 4, 6])],
      attributes: new Map([
        ['kernel_shape', ints([2, 3])],
        ['strides', ints([2, 3])],
      ]),
    },
    {
      name: 'overlapping and padded',
      inputs: [waveInput([2, 2, 7, 7])],
      attributes: new Map([
        ['kernel_shape', ints([3, 3])],
        ['strides', ints([2, 2])],
        ['pads', ints([1, 1, 1, 1])],
      ]),
    },
    {
      name: 'with indices, rounded up',
      inputs: [waveInput([1, 2, 6, 6])],
      outputs: 2,
      attributes: new Map<string, Attribute>([
        ['kernel_shape', ints([3, 3])],
        ['strides', ints([2, 2])],
        ['ceil_mode', int(1)],
      ]),
    },
    {
      name: 'dilated',
      inputs: [waveInput([1, 2, 9])],
      attributes: new Map([
        ['kernel_shape', ints([3])],
        ['dilations', ints([2])],
      ]),
    },
    {
      name: 'a remainder that no window reaches',
      inputs: [waveInput([1, 2, 7, 5])],
      attributes: new Map([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
      ]),
    },
    {
      name: 'SAME_UPPER',
      inputs: [waveInput([1, 2, 5, 5])],
      attributes: new Map<string, Attribute>([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
        ['auto_pad', text('SAME_UPPER')],
      ]),
    },
  ],
});

type Attributes = WindowAttributes & { readonly storage_order: number };

/** True when every element is in exactly one window. */
function tiles(spatial: readonly number[], attributes: Attributes): boolean {
  const { kernel, strides, dilations, pads } = fixedWindow(
    spatial,
    attributes,
    attributes.kernel_shape ?? [],
  );
  return (
    pads.every((pad) => pad === 0) &&
    spatial.every(
      (size, i) =>
        strides[i] === kernel[i] && (dilations[i] === 1 || kernel[i] === 1) && size % kernel[i]! === 0,
    )
  );
}

function tiledGradient(context: GradientContext<Attributes>, spatial: readonly number[], dy: string): string {
  const {
    inputs: [x],
    outputs: [y],
    types,
    attributes,
  } = context;
  const m = calculator(context);
  const kernel = attributes.kernel_shape!;
  const channels = types(x!).shape![1] as number;
  // [N, C, H, W] as [N, C, H / k, k, W / k, k], against which [N, C, H / k, 1, W / k, 1] broadcasts.
  const windows = m.reshape(x!, [
    -1,
    channels,
    ...spatial.flatMap((size, i) => [size / kernel[i]!, kernel[i]!]),
  ]);
  const one = (value: string) =>
    m.reshape(value, [-1, channels, ...spatial.flatMap((size, i) => [size / kernel[i]!, 1])]);
  const hit = m.equal(windows, one(y!));
  const ties = m.sum(
    m.cast(hit),
    spatial.map((_, i) => 3 + 2 * i),
  );
  return m.reshapeLike(m.where(hit, m.div(one(dy), ties), 0), x!);
}

function scattered(context: GradientContext<Attributes>, dy: string): string {
  const {
    build,
    inputs: [x],
    outputs,
    types,
    attributes,
  } = context;
  const m = calculator(context);
  const type = types(x!);
  const known = staticShape(type.shape);
  let indices = outputs[1] ?? '';
  if (indices === '' || attributes.storage_order === 1) {
    const copied = Object.entries({
      kernel_shape: attributes.kernel_shape,
      strides: attributes.strides,
      pads: attributes.pads,
      dilations: attributes.dilations,
    }).flatMap(([name, value]) => (value ? [[name, ints(value)] as const] : []));
    indices = build.multi('MaxPool', [x!], 2, {
      ...Object.fromEntries(copied),
      auto_pad: text(attributes.auto_pad),
      ceil_mode: int(attributes.ceil_mode ?? 0),
    })[1]!;
  }
  const size = known
    ? intList(build, [known.reduce((a, b) => a * b, 1)])
    : build.op('ReduceProd', [shapeValue(build, x!, type)], { keepdims: int(1) });
  const zeros = build.op('Expand', [m.value(0), size]);
  const flat = build.op('ScatterElements', [zeros, m.reshape(indices, [-1]), m.reshape(dy, [-1])], {
    axis: int(0),
    reduction: text('add'),
  });
  return m.reshapeLike(flat, x!);
}
