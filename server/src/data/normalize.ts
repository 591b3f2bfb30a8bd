import { PareError } from '../base/errors.ts';
import type { NumericArray } from '../ir/tensor.ts';
import type { SampleLayout } from './sample-layout.ts';
import type { DataSource } from './source.ts';

/** Writes stored sample number `sample` as the model wants it into `out`, starting at `at`. */
export type SampleWriter = (sample: number, out: Float32Array, at: number) => void;

export type SampleData = Exclude<NumericArray, BigInt64Array | BigUint64Array>;

/** How many channels the normalization tells apart: 1 when its numbers hold for the whole sample. Throws `data-normalize`. */
export function normalizedChannels({ mean, std }: DataSource['normalize']): number {
  const counts = [mean.length, std.length].filter((count) => count > 1);
  if (new Set(counts).size > 1)
    throw new PareError(
      'data-normalize',
      `Normalization has ${mean.length} means and ${std.length} deviations.`,
      { hint: 'Give one number, or one for each channel, of both.' },
    );
  return counts[0] ?? 1;
}

/**
 * A writer that computes (value * scale - mean) / std in double precision and rounds once. Bytes go through a table of
 * their 256 values.
 */
export function sampleWriter(
  data: SampleData,
  layout: SampleLayout,
  normalize: DataSource['normalize'],
): SampleWriter {
  const { channels, inner } = layout;
  const size = channels * inner;
  const [inStep, outStep] = [
    layout.stored === 'first' ? 1 : channels,
    layout.wanted === 'first' ? 1 : channels,
  ];
  const [inChannel, outChannel] = [
    layout.stored === 'first' ? inner : 1,
    layout.wanted === 'first' ? inner : 1,
  ];
  const constants = Array.from({ length: channels }, (_, channel) => constantsOf(normalize, channel));
  if (data instanceof Uint8Array) {
    const tables = constants.map(({ scale, mean, std }) =>
      Float32Array.from({ length: 256 }, (_, value) => (value * scale - mean) / std),
    );
    return (sample, out, at) => {
      for (let channel = 0; channel < channels; channel++) {
        const table = tables[channel]!;
        let from = sample * size + channel * inChannel;
        let to = at + channel * outChannel;
        for (let i = 0; i < inner; i++, from += inStep, to += outStep) out[to] = table[data[from]!]!;
      }
    };
  }
  return (sample, out, at) => {
    for (let channel = 0; channel < channels; channel++) {
      const { scale, mean, std } = constants[channel]!;
      let from = sample * size + channel * inChannel;
      let to = at + channel * outChannel;
      for (let i = 0; i < inner; i++, from += inStep, to += outStep)
        out[to] = (data[from]! * scale - mean) / std;
    }
  };
}

const constantsOf = ({ scale, mean, std }: DataSource['normalize'], channel: number) => ({
  scale,
  mean: (mean.length > 1 ? mean[channel] : mean[0]) ?? 0,
  std: (std.length > 1 ? std[channel] : std[0]) ?? 1,
});
