import { type Attribute, int, ints, text } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, sameChannels, staticShape } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';
import { type FixedWindow, fixedWindow, slide, windowOf } from './shared/window.ts';
import { poolAttributeRules } from './shared/window-attributes.ts';
import { spreadWindows } from './shared/window-gradient.ts';

/**
 * Y[n, c, y] = the mean of the window's elements; `count_include_pad` counts padding in too.
 * Gradient: dY divided by each window's number of elements, spread by a transposed convolution with ones.
 */
export const averagePool = defineOp({
  type: 'AveragePool',
  summary: 'Mean of every window of an image batch [N, C, ...].',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    ...poolAttributeRules,
    count_include_pad: attribute.int('1 divides by the window with its padding.', 0),
  },
  infer: ({ inputs: [x], attributes, fail }) => {
    const shape = shapeOf(x);
    if (x?.kind !== 'tensor' || !shape) return [x];
    const kernel = attributes.kernel_shape ?? fail('it has no kernel_shape');
    if (kernel.length !== shape.length - 2)
      fail(`the window has ${kernel.length} axes but the input ${shape.length - 2}`);
    return [
      tensorType(x.type, [
        ...shape.slice(0, 2),
        ...slide(shape.slice(2), attributes, windowOf(attributes, kernel)),
      ]),
    ];
  },
  cost: ({ outputs: [y], attributes: { kernel_shape }, count }) => ({
    macs: 0,
    operations: count(y) * (kernel_shape ?? []).reduce((a, b) => a * b, 1),
  }),
  gradient: (context) => {
    const {
      build,
      inputs: [x],
      types,
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const m = calculator(context);
    const { type, shape } = types(x!);
    const spatial = staticShape(shape!.slice(2))!;
    const kernel = attributes.kernel_shape!;
    const window = fixedWindow(spatial, attributes, kernel);
    const output = slide(spatial, attributes, window) as readonly number[];
    const counts = windowCounts(spatial, output, window, attributes.count_include_pad === 1);
    const shares = m.div(dy, build.constant(type, output, Float32Array.from(counts)));
    return [spreadWindows(context, shares, { spatial, output, window })];
  },
  channels: (context) => sameChannels(context).filter(({ to }) => to.axis < 2),
  quantize: {
    kind: 'compute',
    unless: ({ dilations, ceil_mode, count_include_pad }) => {
      if (dilations?.some((step) => step !== 1)) return "onnxruntime's int8 kernel has no dilations";
      // It divides windows that reach over the padded end by their full size.
      return ceil_mode === 1 && count_include_pad === 1
        ? "onnxruntime's int8 kernel averages windows over the end in another way"
        : undefined;
    },
  },
  samples: [
    {
      name: 'tiles',
      inputs: [waveInput([2, 3, 4, 4])],
      attributes: new Map([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
      ]),
    },
    ...[0, 1].flatMap((count) =>
      [0, 1].map((ceil) => ({
        name: `padded, ceil_mode ${ceil}, count_include_pad ${count}`,
        inputs: [waveInput([1, 2, 6, 7])],
        attributes: new Map<string, Attribute>([
          ['kernel_shape', ints([3, 3])],
          ['strides', ints([2, 2])],
          ['pads', ints([1, 0, 0, 1])],
          ['count_include_pad', int(count)],
          ['ceil_mode', int(ceil)],
        ]),
      })),
    ),
    {
      name: 'dilated',
      inputs: [waveInput([1, 2, 9])],
      attributes: new Map([
        ['kernel_shape', ints([3])],
        ['dilations', ints([2])],
      ]),
    },
    ...['SAME_UPPER', 'SAME_LOWER'].map((pad) => ({
      name: pad,
      inputs: [waveInput([1, 2, 5, 6])],
      attributes: new Map<string, Attribute>([
        ['kernel_shape', ints([2, 3])],
        ['strides', ints([2, 2])],
        ['auto_pad', text(pad)],
      ]),
    })),
  ],
});

/** Elements that every window divides by. With padding counted, what reaches over the padded end does not count. */
function windowCounts(
  spatial: readonly number[],
  output: readonly number[],
  window: FixedWindow,
  includePadding: boolean,
): readonly number[] {
  const perAxis = spatial.map((size, i) => {
    const [begin, end] = [window.pads[i]!, window.pads[i + spatial.length]!];
    const [low, high] = includePadding ? [-begin, size + end] : [0, size];
    return Array.from({ length: output[i]! }, (_, at) => {
      const start = at * window.strides[i]! - begin;
      const cells = Array.from({ length: window.kernel[i]! }, (_, k) => start + k * window.dilations[i]!);
      return cells.filter((cell) => cell >= low && cell < high).length;
    });
  });
  return perAxis.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
}
