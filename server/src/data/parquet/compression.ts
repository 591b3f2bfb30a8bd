import * as zlib from 'node:zlib';

/** Pages beyond this are no pages of data. */
const largestPage = 2 ** 30;

/**
 * The bytes of a page, `length` of them. Codecs by their numbers in the file: none, Snappy, gzip, Brotli, Zstandard where Node
 * has it. Throws `RangeError` for damaged bytes and for codecs that there are none of.
 */
export function decompress(bytes: Uint8Array, codec: number, length: number): Uint8Array {
  if (length > largestPage) throw new RangeError(`a page has ${length} bytes`);
  const inflate = inflaters[codec];
  const result =
    codec === 0
      ? bytes
      : codec === 1
        ? unsnap(bytes, length)
        : inflate
          ? inflate(bytes, { maxOutputLength: Math.max(1, length) })
          : undefined;
  if (!result) throw new RangeError(`its compression (number ${codec}) is not read`);
  if (result.byteLength !== length) throw new RangeError('a page has another size than its header says');
  return result;
}

type Inflate = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;
const zstd = (zlib as { readonly zstdDecompressSync?: Inflate }).zstdDecompressSync;
const inflaters: Readonly<Record<number, Inflate>> = {
  2: zlib.gunzipSync,
  4: zlib.brotliDecompressSync,
  ...(zstd ? { 6: zstd } : {}),
};

/** Snappy's raw format (format_description.txt): literals and copies of what came before. */
function unsnap(bytes: Uint8Array, length: number): Uint8Array {
  let at = 0;
  let [said, factor] = [0, 1];
  for (let byte = 128; byte >= 128; factor *= 128) {
    byte = bytes[at++] ?? 0;
    said += (byte & 127) * factor;
    if (factor > 2 ** 28) break;
  }
  // A copy of 64 bytes takes 3.
  if (said !== length || length > bytes.byteLength * 64) throw new RangeError('a page is damaged');
  const out = new Uint8Array(length);
  let to = 0;
  const little = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value += (bytes[at++] ?? 0) * 256 ** i;
    return value;
  };
  while (at < bytes.byteLength) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const count = (short < 60 ? short : little(short - 59)) + 1;
      if (at + count > bytes.byteLength || to + count > length) throw new RangeError('a page is damaged');
      out.set(bytes.subarray(at, at + count), to);
      at += count;
      to += count;
      continue;
    }
    const kind = tag & 3;
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? (tag >> 5) * 256 + little(1) : little(kind === 2 ? 2 : 4);
    if (back === 0 || back > to || to + count > length) throw new RangeError('a page is damaged');
    // Copies may overlap what they write.
    for (let i = 0; i < count; i++, to++) out[to] = out[to - back]!;
  }
  if (to !== length) throw new RangeError('a page is cut off');
  return out;
}
