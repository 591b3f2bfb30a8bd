import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dataError, fileError } from './data-error.ts';
import { readHead } from './file-head.ts';
import { decodeWav, wavHeader } from './wav.ts';

export interface DecodedSounds {
  /** [samples, length], -1 up to 1. */
  readonly data: Float32Array;
  /** SHA-256 of each file, as hexadecimal text. */
  readonly hashes: readonly string[];
}

/** Decoded sounds stay in memory: so many bytes at most. */
const largestSet = 2 ** 31;

/** Values of the first sound. Errors: those of `wavHeader`, `file-unreadable`. */
export function storedLength(first: string): number {
  const { bytes, length } = readHead(first);
  return wavHeader(bytes, length, first).frames;
}

/**
 * Reads WAV files and mixes their channels. With `fit`, a longer sound loses its end and a shorter one gets silence there;
 * else all must have `length` values. Nothing is resampled.
 * Errors: `data-too-large`; `file-unreadable`, `data-format`, `data-truncated` and `data-shape` name the file.
 */
export async function decodeSounds(
  files: readonly string[],
  length: number,
  fit: boolean,
): Promise<DecodedSounds> {
  const bytes = files.length * length * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > largestSet)
    throw dataError(
      'data-too-large',
      `${files.length} sounds of ${length} values take ${bytes} bytes in memory; ${largestSet} may.`,
      files[0]!,
      'Use only the first of each class (`limit:`), or make them shorter (`length:`).',
    );
  const data = new Float32Array(files.length * length);
  const hashes: string[] = [];
  let rate: number | undefined;
  for (const [sample, file] of files.entries()) {
    const coded = await readFile(file).catch((error: unknown) => Promise.reject(fileError(error, file)));
    const header = wavHeader(coded, coded.byteLength, file);
    rate ??= header.rate;
    if (header.rate !== rate)
      throw dataError(
        'data-shape',
        `'${file}' has ${header.rate} values a second; '${files[0]}' has ${rate}.`,
        file,
        'Resample the sounds to the rate that the model was trained on.',
      );
    if (!fit && header.frames !== length)
      throw dataError(
        'data-shape',
        `'${file}' has ${header.frames} values; '${files[0]}' has ${length}.`,
        file,
        `Bring all sounds to one length with \`length: ${length}\`.`,
      );
    decodeWav(coded, header, data.subarray(sample * length, (sample + 1) * length));
    hashes.push(createHash('sha256').update(coded).digest('hex'));
  }
  return { data, hashes };
}
