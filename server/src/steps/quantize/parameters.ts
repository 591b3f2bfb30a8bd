/** Storage of activations: real = scale * (stored - zero). */
export interface ActivationParameters {
  readonly scale: number;
  readonly zero: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

const levels = {
  uint8: { least: 0, most: 255 },
  int8: { least: -128, most: 127 },
} as const;
export type ActivationType = keyof typeof levels;

/** A scale below this could not be divided by: the value is as good as constant zero. */
const tiny = 2 ** -126;

/**
 * Scale and zero point of a value that lies in a range. The range is widened to hold zero, so that zero (padding, a Relu's
 * output) is exact; a range from zero up gets the least stored number as its zero point, which is what lets a runtime drop a
 * Relu in front.
 */
export function activationParameters(range: Range, type: ActivationType): ActivationParameters {
  const { least, most } = levels[type];
  const [min, max] = [Math.min(0, range.min), Math.max(0, range.max)];
  const scale = Math.fround((max - min) / (most - least));
  if (!(scale > tiny)) return { scale: 1, zero: least };
  return { scale, zero: Math.max(least, Math.min(most, roundHalfToEven(least - min / scale))) };
}

export interface QuantizedWeights {
  readonly values: Int8Array;
  /** One a channel, or one in all. */
  readonly scales: Float32Array;
  /** Bias in units of input scale times weight scale. */
  readonly bias: Int32Array | undefined;
  readonly biasScales: Float32Array | undefined;
}

/** Weights as a list of channels: element i of channel c is at `index(c, i)`. */
export interface Channels {
  readonly count: number;
  readonly size: number;
  readonly index: (channel: number, element: number) => number;
}

/** The slices of a tensor along an axis. */
export function channelsAlong(dims: readonly number[], axis: number): Channels {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const count = dims[axis] ?? 1;
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  return {
    count,
    size: outer * inner,
    index: (channel, element) =>
      Math.floor(element / inner) * count * inner + channel * inner + (element % inner),
  };
}

const largestWeight = 127;
/** Sums of products share the 32 bits with the bias: it gets half of them. */
const largestBias = 2 ** 30;

/**
 * Symmetric int8 weights in -127..127 with a scale for each channel (or one for all), and the bias in int32 with scale
 * `inputScale * weightScale`, as ONNX Runtime's integer kernels want it. Where the bias would not fit, the scale of the
 * weights is enlarged. A channel of zeros takes the largest channel's scale, so that its bias stays exact.
 */
export function quantizeWeights(
  weights: Float32Array,
  channels: Channels,
  perChannel: boolean,
  bias: Float32Array | undefined,
  inputScale: number,
): QuantizedWeights {
  const extremes = new Float64Array(channels.count);
  for (let c = 0; c < channels.count; c++) {
    let extreme = 0;
    for (let i = 0; i < channels.size; i++)
      extreme = Math.max(extreme, Math.abs(weights[channels.index(c, i)]!));
    extremes[c] = extreme;
  }
  const largest = extremes.reduce((a, b) => Math.max(a, b), 0);
  const needed = (c: number) => {
    const extreme = perChannel && extremes[c]! > 0 ? extremes[c]! : largest;
    const forBias = bias ? Math.abs(bias[c]!) / (inputScale * largestBias) : 0;
    const scale = Math.fround(Math.max(extreme / largestWeight, forBias));
    return scale > tiny ? scale : 1;
  };
  const each = Float32Array.from(extremes, (_, c) => needed(c));
  const scales = perChannel ? each : Float32Array.of(each.reduce((a, b) => Math.max(a, b), 0) || 1);
  const scaleOf = (c: number) => scales[perChannel ? c : 0]!;
  const values = new Int8Array(weights.length);
  for (let c = 0; c < channels.count; c++) {
    const scale = scaleOf(c);
    for (let i = 0; i < channels.size; i++) {
      const at = channels.index(c, i);
      values[at] = Math.max(-largestWeight, Math.min(largestWeight, roundHalfToEven(weights[at]! / scale)));
    }
  }
  return {
    values,
    scales,
    bias: bias && Int32Array.from(bias, (value, c) => roundHalfToEven(value / (inputScale * scaleOf(c)))),
    biasScales: bias && scales.map((scale) => inputScale * scale),
  };
}

/** To the nearest integer, a half to the even one: as QuantizeLinear rounds. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
