import { int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { intList } from './calculator.ts';
import { adjointPadding, type FixedWindow } from './window.ts';

/** A convolution of known sizes: `image` are the spatial sizes of its input, `output` those of its output. */
export interface ConvGeometry {
  readonly window: FixedWindow;
  readonly image: readonly number[];
  readonly output: readonly number[];
  /** Shape of the weights: [M, C / group, ...]. */
  readonly weights: readonly number[];
  readonly group: number;
}

export const convAttributes = ({ window, group }: Pick<ConvGeometry, 'window' | 'group'>) => ({
  strides: ints(window.strides),
  dilations: ints(window.dilations),
  pads: ints(window.pads),
  group: int(group),
});

/** dX = ConvTranspose(dY, W), padded so that it has X's size. */
export function convInputGradient(build: Builder, dy: string, w: string, geometry: ConvGeometry): string {
  const { pads, outputPadding } = adjointPadding(geometry.image, geometry.output, geometry.window);
  return build.op(
    'ConvTranspose',
    [dy, w],
    { ...convAttributes(geometry), pads: ints(pads), output_padding: ints(outputPadding) },
    { name: 'dX' },
  );
}

/** dW = a Conv of X with dY, batch and channels swapped, stride and dilation swapped, cut to the kernel's size. */
export function convWeightGradient(build: Builder, x: string, dy: string, geometry: ConvGeometry): string {
  const { window, image, group, weights } = geometry;
  const channels = weights[1]!;
  const spatial = image.map((_, i) => i);
  const shape = (dims: readonly number[]) => intList(build, dims);
  const swap = (value: string) =>
    build.op('Transpose', [value], { perm: ints([1, 0, ...spatial.map((i) => i + 2)]) });
  // [N, G C, ...] -> [C, G N, ...]; a symbolic batch is left for Reshape to find.
  const split = build.op('Reshape', [x, shape([-1, group, channels, ...image])]);
  const swapped = build.op('Transpose', [split], { perm: ints([2, 1, 0, ...spatial.map((i) => i + 3)]) });
  const images = build.op('Reshape', [swapped, shape([channels, -1, ...image])]);
  const full = build.op('Conv', [images, swap(dy)], {
    strides: ints(window.dilations),
    dilations: ints(window.strides),
    pads: ints(window.pads),
    group: int(group),
  });
  // A stride that does not divide the input leaves rows that no window reached.
  return build.op(
    'Slice',
    [swap(full), shape(spatial.map(() => 0)), shape(weights.slice(2)), shape(spatial.map((i) => i + 2))],
    {},
    { name: 'dW' },
  );
}

/** dB = dY summed over batch and space. */
export const convBiasGradient = (build: Builder, dy: string, spatialRank: number): string =>
  build.op(
    'ReduceSum',
    [dy, intList(build, [0, ...Array.from({ length: spatialRank }, (_, i) => i + 2)])],
    { keepdims: int(0) },
    { name: 'dB' },
  );
