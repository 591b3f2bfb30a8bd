import { int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import { staticShape } from '../../ops/define.ts';
import { convBiasGradient, convInputGradient } from '../../ops/shared/conv-gradient.ts';
import { type Geometry, geometryOf } from './geometry.ts';
import type { Lowering } from './lowering.ts';

/** Multiplications that the flipped convolution may do for one of ConvTranspose, and still be the faster. */
const worthFlipping = 1.3;

/**
 * Convolutions of images with one group.
 *
 * dX is, with stride 1, a convolution of dY with the flipped weights: onnxruntime's Conv is faster than its ConvTranspose,
 * unless the padding that it takes makes dY much larger.
 *
 * dW[m, c, i, j] = sum over n, h, w of dY[n, m, h, w] X[n, c, h + i - p, w + j - p]. Moving dY along one axis and X along the
 * other makes all taps one matrix product: rows (i, m) of dY moved by i, columns (j, c) of X moved by j. It copies k
 * times X and k times dY, where taps by im2col copy k^2 times X, and multiplies matrices k times as large: two to three
 * times faster than the convolution with batch and channels swapped. Where X has few channels, or the stride is not 1, im2col
 * copies less.
 */
export const convGradient: Lowering = ({ build, inputs, types, attributes, dy: [dy], wants }) => {
  if (!dy) return undefined;
  const [x, w, bias] = inputs as readonly [string, string, string | undefined];
  const geometry = geometryOf(staticShape(types(x).shape?.slice(1)), staticShape(types(w).shape), attributes);
  if (!geometry || geometry.depthwise) return undefined;
  return [
    wants(0) ? inputGradient(build, dy, w, geometry) : undefined,
    wants(1) ? weightGradient(build, x, dy, geometry) : undefined,
    bias && wants(2) ? convBiasGradient(build, dy, 2) : undefined,
  ];
};

/** dX in standard operators. */
export function inputGradient(build: Builder, dy: string, w: string, geometry: Geometry): string {
  const { window, image, output, channels, filters } = geometry;
  const { dilations, kernel } = window;
  const pads = window.pads.map((pad, i) => (kernel[i % 2]! - 1) * dilations[i % 2]! - pad);
  const work = (image[0] * image[1]) / (output[0] * output[1]);
  if (window.strides.some((stride) => stride !== 1) || pads.some((pad) => pad < 0) || work > worthFlipping)
    return convInputGradient(build, dy, w, {
      window,
      image,
      output,
      weights: [filters, channels, ...kernel],
      group: 1,
    });
  const list = (values: readonly number[]) => build.constant('int64', [values.length], values);
  const swapped = build.op('Transpose', [w], { perm: ints([1, 0, 2, 3]) });
  const end = -(2 ** 31);
  const flipped = build.op('Slice', [
    swapped,
    list([-1, -1]),
    list([end, end]),
    list([2, 3]),
    list([-1, -1]),
  ]);
  return build.op('Conv', [dy, flipped], { dilations: ints(dilations), pads: ints(pads) }, { name: 'dX' });
}

/** dW in standard operators. */
export function weightGradient(build: Builder, x: string, dy: string, geometry: Geometry): string {
  const { window, image, output, channels, filters } = geometry;
  const [rows, columns] = window.kernel as readonly [number, number];
  const list = (values: readonly number[]) => build.constant('int64', [values.length], values);
  const join = (parts: readonly string[]) =>
    parts.length === 1 ? parts[0]! : build.op('Concat', parts, { axis: int(1) });
  /** The value with zeros before and after its two spatial axes; negative numbers cut. */
  const padded = (value: string, [top, left, bottom, right]: readonly [number, number, number, number]) =>
    top === 0 && left === 0 && bottom === 0 && right === 0
      ? value
      : build.op('Pad', [value, list([0, 0, top, left, 0, 0, bottom, right])]);
  const taps = (count: number) => Array.from({ length: count }, (_, i) => i);
  /** Moves X so that tap `i` of an axis lies on the output's grid: zeros before, zeros after. */
  const onto = (axis: 0 | 1, i: number): readonly [number, number] => {
    const before = window.pads[axis]! - i * window.dilations[axis]!;
    return [before, output[axis] - image[axis] - before];
  };
  const strided = window.strides.some((stride) => stride !== 1);
  const shared = !strided && rows * filters + columns * channels < rows * columns * channels;
  const everywhere = strided ? padded(x, window.pads as [number, number, number, number]) : x;
  /** The elements of padded X that a tap sees, one for each output. */
  const seen = (at: readonly [number, number]) => {
    const start = at.map((tap, axis) => tap * window.dilations[axis]!);
    const end = start.map((first, axis) => first + (output[axis]! - 1) * window.strides[axis]! + 1);
    return build.op('Slice', [everywhere, list(start), list(end), list([2, 3]), list(window.strides)]);
  };
  const [left, right, height] = shared
    ? [
        join(
          taps(rows).map((i) => {
            const before = i * window.dilations[0]! - window.pads[0]!;
            return padded(dy, [before, 0, image[0] - output[0] - before, 0]);
          }),
        ),
        join(
          taps(columns).map((j) => {
            const [before, after] = onto(1, j);
            return padded(x, [0, before, 0, after]);
          }),
        ),
        image[0],
      ]
    : [
        dy,
        join(
          taps(rows).flatMap((i) =>
            taps(columns).map((j) => {
              if (strided) return seen([i, j]);
              const [[top, bottom], [before, after]] = [onto(0, i), onto(1, j)];
              return padded(x, [top, before, bottom, after]);
            }),
          ),
        ),
        output[0],
      ];
  const area = height * output[1];
  const [above, beside] = shared
    ? [rows * filters, columns * channels]
    : [filters, rows * columns * channels];
  const product = outerProduct(build, left, right, above, beside, area);
  if (shared) {
    const split = build.op('Reshape', [product, list([rows, filters, columns, channels])]);
    return build.op('Transpose', [split], { perm: ints([1, 3, 0, 2]) }, { name: 'dW' });
  }
  const split = build.op('Reshape', [product, list([filters, rows, columns, channels])]);
  return build.op('Transpose', [split], { perm: ints([0, 3, 1, 2]) }, { name: 'dW' });
}

/**
 * The sum over images of left[n] right[n]^T, for left [N, above, area] and right [N, beside, area]. Image by image where the
 * product is small beside what is multiplied, else as one product with the images side by side.
 */
function outerProduct(
  build: Builder,
  left: string,
  right: string,
  above: number,
  beside: number,
  area: number,
): string {
  const list = (values: readonly number[]) => build.constant('int64', [values.length], values);
  const flat = (value: string, size: number) => build.op('Reshape', [value, list([-1, size, area])]);
  if (above * beside < (above + beside) * area) {
    const turned = build.op('Transpose', [flat(right, beside)], { perm: ints([0, 2, 1]) });
    const each = build.op('MatMul', [flat(left, above), turned]);
    return build.op('ReduceSum', [each, list([0])], { keepdims: int(0) });
  }
  const lined = (value: string, size: number) =>
    build.op('Reshape', [
      build.op('Transpose', [flat(value, size)], { perm: ints([1, 0, 2]) }),
      list([size, -1]),
    ]);
  return build.op('Gemm', [lined(left, above), lined(right, beside)], { transB: int(1) });
}
