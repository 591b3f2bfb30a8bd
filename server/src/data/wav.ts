import { dataError } from './data-error.ts';

/** What the header of a WAV file says (Microsoft's RIFF: `fmt ` and `data` chunks). */
export interface WavHeader {
  readonly coding: 'unsigned' | 'signed' | 'float';
  readonly channels: number;
  /** Values a second and channel. */
  readonly rate: number;
  readonly bytesPerValue: number;
  /** Where the values start, and how many each channel has. */
  readonly offset: number;
  readonly frames: number;
}

const [pcm, ieeeFloat, extensible] = [1, 3, 0xfffe];

/**
 * Reads the header from the first bytes of a file that has `length` bytes: PCM of 8, 16, 24 or 32 bits, or floats of 32 or
 * 64. Throws `data-format`, and `data-truncated` when the file ends before its values do.
 */
export function wavHeader(bytes: Uint8Array, length: number, file: string): WavHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (message: string, hint = 'Save it as WAV, 16-bit PCM.') =>
    dataError('data-format', `'${file}' ${message}.`, file, hint);
  const tag = (at: number) => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
  if (bytes.byteLength < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw refuse('is no WAV file');
  let format: Omit<WavHeader, 'offset' | 'frames'> | undefined;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tag(at) === 'fmt ' && size >= 16 && start + size <= bytes.byteLength)
      format = formatOf(view, start, size);
    if (tag(at) === 'data') {
      if (!format) throw refuse('has a coding that is not read here, or says none before its values');
      // Programs that write into a pipe do not know the size: it goes on to the end.
      const promised = size === 0xffffffff || size === 0 ? length - start : size;
      if (start + promised > length)
        throw dataError(
          'data-truncated',
          `'${file}' is cut off: its header promises ${promised} bytes of values, and ${length - start} are there.`,
          file,
          'Copy or record it again.',
        );
      const frames = Math.floor(promised / (format.bytesPerValue * format.channels));
      if (frames === 0) throw refuse('holds no sound', 'Remove it.');
      return { ...format, offset: start, frames };
    }
    // Chunks start at even places.
    at = start + size + (size % 2);
  }
  throw refuse('has no values, or too much before them');
}

function formatOf(
  view: DataView,
  at: number,
  size: number,
): Omit<WavHeader, 'offset' | 'frames'> | undefined {
  const tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  // The extensible form has the plain form's number first in a longer one.
  const plain = tag === extensible && size >= 40 ? view.getUint16(at + 24, true) : tag;
  const coding =
    plain === pcm && [8, 16, 24, 32].includes(bits)
      ? bits === 8
        ? 'unsigned'
        : 'signed'
      : plain === ieeeFloat && [32, 64].includes(bits)
        ? 'float'
        : undefined;
  if (!coding || channels === 0 || rate === 0) return undefined;
  return { coding, channels, rate, bytesPerValue: bits / 8 };
}

/**
 * Writes the first values of a sound into `out`, whose rest stays as it is: integers as fractions of their range, -1 up to 1,
 * and the mean of the channels. `bytes` are those of the whole file.
 */
export function decodeWav(bytes: Uint8Array, header: WavHeader, out: Float32Array): void {
  const { coding, channels, bytesPerValue, offset, frames } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = valueReader(view, coding, bytesPerValue);
  for (let frame = 0, at = offset; frame < Math.min(frames, out.length); frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += bytesPerValue) sum += read(at);
    out[frame] = sum / channels;
  }
}

function valueReader(view: DataView, coding: WavHeader['coding'], width: number): (at: number) => number {
  switch (coding) {
    case 'unsigned':
      return (at) => (view.getUint8(at) - 128) / 128;
    case 'float':
      return width === 4 ? (at) => view.getFloat32(at, true) : (at) => view.getFloat64(at, true);
    case 'signed':
      return width === 2
        ? (at) => view.getInt16(at, true) / 2 ** 15
        : width === 3
          ? (at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23
          : (at) => view.getInt32(at, true) / 2 ** 31;
  }
}
