import { staticShape } from '../../ops/define.ts';
import { type FixedWindow, fixedWindow, slide, type WindowAttributes } from '../../ops/shared/window.ts';

/** A convolution of images, of all channels or of each alone; the batch may be symbolic. */
export interface Geometry {
  readonly window: FixedWindow;
  readonly image: readonly [number, number];
  readonly output: readonly [number, number];
  readonly channels: number;
  readonly filters: number;
  /** Each channel has one filter of its own. */
  readonly depthwise: boolean;
}

/** The geometry of a Conv from the shapes of its image, without the batch, and of its weights; undefined for other ones. */
export function geometryOf(
  image: readonly number[] | undefined,
  weights: readonly number[] | undefined,
  attributes: Readonly<Record<string, unknown>>,
): Geometry | undefined {
  if (image?.length !== 3 || weights?.length !== 4) return undefined;
  const [channels, ...spatial] = image as readonly [number, number, number];
  const depthwise = attributes.group !== 1;
  if (depthwise && (attributes.group !== channels || weights[0] !== channels)) return undefined;
  const given = attributes as unknown as WindowAttributes;
  const window = fixedWindow(spatial, given, weights.slice(2));
  const output = staticShape(slide(spatial, given, window));
  if (!output) return undefined;
  return {
    window,
    image: spatial as unknown as Geometry['image'],
    output: output as unknown as Geometry['output'],
    channels,
    filters: weights[0]!,
    depthwise,
  };
}

/** Rows or columns that the windows reach over beyond the image, or leave over where the number is negative. */
export function overhang({ window, image, output }: Geometry, axis: 0 | 1): number {
  const { kernel, strides, pads } = window;
  return kernel[axis]! + (output[axis] - 1) * strides[axis]! - image[axis] - pads[axis]!;
}
