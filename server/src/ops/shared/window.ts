import { PareError } from '../../base/errors.ts';
import {
  addDims,
  ceilDivDim,
  type Dim,
  floorDivDim,
  minDims,
  mulDims,
  type Shape,
  subDims,
} from '../../ir/dim.ts';

/** Attributes that Conv, pooling and their relatives share. */
export interface WindowAttributes {
  readonly auto_pad: string;
  readonly kernel_shape: readonly number[] | undefined;
  readonly strides: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
  readonly ceil_mode?: number;
}

export interface Window {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begin of every axis, then end of every axis. */
  readonly pads: readonly number[];
}

/** The window with every default filled in. Throws `shape-mismatch` for lists of a wrong length; `kernel` is the spatial part of the weights' shape where the attribute is left out. */
export function windowOf(attributes: WindowAttributes, kernel: readonly Dim[]): Window {
  const rank = kernel.length;
  const ones = Array.from({ length: rank }, () => 1);
  for (const name of ['kernel_shape', 'strides', 'dilations', 'pads'] as const) {
    const [count, expected] = [attributes[name]?.length, name === 'pads' ? 2 * rank : rank];
    if (count !== undefined && count !== expected)
      throw new PareError('shape-mismatch', `${count} ${name} for ${rank} axes`);
  }
  return {
    kernel: attributes.kernel_shape ?? kernel,
    strides: attributes.strides ?? ones,
    dilations: attributes.dilations ?? ones,
    pads: attributes.pads ?? Array.from({ length: 2 * rank }, () => 0),
  };
}

/** Spatial output sizes of a sliding window (ONNX, Conv and MaxPool, "output spatial shape"). */
export function slide(spatial: Shape, attributes: WindowAttributes, window: Window): Shape {
  return spatial.map((size, axis) => {
    const stride = window.strides[axis] ?? 1;
    if (attributes.auto_pad === 'SAME_UPPER' || attributes.auto_pad === 'SAME_LOWER')
      return ceilDivDim(size, stride);
    const extent = addDims(mulDims(subDims(window.kernel[axis] ?? 1, 1), window.dilations[axis] ?? 1), 1);
    const padding =
      attributes.auto_pad === 'VALID'
        ? 0
        : (window.pads[axis] ?? 0) + (window.pads[axis + spatial.length] ?? 0);
    const room = subDims(addDims(size, padding), extent);
    if (!attributes.ceil_mode) return addDims(floorDivDim(room, stride), 1);
    // The last window must start inside the input or its leading padding: there are ceil((size + begin) / stride) such places.
    const begin = attributes.auto_pad === 'VALID' ? 0 : (window.pads[axis] ?? 0);
    const inside = addDims(size, begin);
    const whole = addDims(room, stride);
    // For a symbolic size the difference of the two is a number, so that the lesser one is known.
    return ceilDivDim(minDims(whole, inside), stride);
  });
}

export interface FixedWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** The window over an input of known size, `auto_pad` resolved to pads. */
export function fixedWindow(
  spatial: readonly number[],
  attributes: WindowAttributes,
  kernel: readonly number[],
): FixedWindow {
  const window = windowOf(attributes, kernel) as FixedWindow;
  if (attributes.auto_pad === 'VALID') return { ...window, pads: spatial.flatMap(() => [0, 0]) };
  if (attributes.auto_pad !== 'SAME_UPPER' && attributes.auto_pad !== 'SAME_LOWER') return window;
  const totals = spatial.map((size, i) => {
    const stride = window.strides[i]!;
    const extent = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total) => Math.ceil(total / 2));
  return {
    ...window,
    pads: attributes.auto_pad === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small],
  };
}

/** What a transposed convolution needs to give back the size that a window slid over. */
export function adjointPadding(
  spatial: readonly number[],
  output: readonly number[],
  window: FixedWindow,
): { readonly pads: readonly number[]; readonly outputPadding: readonly number[] } {
  const begins = window.pads.slice(0, spatial.length);
  // Cells from the first window's begin to the last one's end, less those before the input and those inside it.
  const rest = spatial.map(
    (size, i) =>
      (output[i]! - 1) * window.strides[i]! +
      (window.kernel[i]! - 1) * window.dilations[i]! +
      1 -
      begins[i]! -
      size,
  );
  return {
    pads: [...begins, ...rest.map((cells) => Math.max(0, cells))],
    outputPadding: rest.map((cells) => Math.max(0, -cells)),
  };
}
