import { resolve } from 'node:path';
import type { NdArray } from '../ir/nd-array.ts';
import { dataError } from './data-error.ts';
import { fileHash } from './file-hash.ts';
import type { DataSource } from './source.ts';
import { openTokenizer } from './tokenizer.ts';

const largestSet = 2 ** 31;

export interface TextSamples {
  /** [samples, length]: tokens, then padding. */
  readonly data: Int32Array;
  /** Tokens of each text that are no padding. */
  readonly lengths: Int32Array;
  /** Says how the texts became tokens. */
  readonly content: readonly unknown[];
}

/**
 * Turns the first `size` texts of a source into `length` tokens each: longer ones lose their end, shorter ones are padded.
 * Errors: those of `openTokenizer`; `data-too-large`; `data-truncated` when there are fewer texts.
 */
export async function tokensOf(
  texts: readonly string[],
  size: number,
  source: DataSource,
  folder: string,
  length: number,
): Promise<TextSamples> {
  const file = resolve(folder, source.images);
  const bytes = size * length * Int32Array.BYTES_PER_ELEMENT;
  if (bytes > largestSet)
    throw dataError(
      'data-too-large',
      `${size} texts of ${length} tokens take ${bytes} bytes in memory; ${largestSet} may.`,
      file,
      'Use only the first (`limit:`), or make them shorter (`length:`).',
    );
  if (texts.length < size)
    throw dataError('data-truncated', `'${file}' became shorter while it was read.`, file, 'Run again.');
  const tokenizer = await openTokenizer(source, folder);
  const data = new Int32Array(size * length).fill(tokenizer.padding);
  const lengths = Int32Array.from({ length: size }, (_, sample) => {
    const tokens = tokenizer.encode(texts[sample]!, length);
    data.set(tokens, sample * length);
    return tokens.length;
  });
  const how =
    tokenizer.file === undefined ? [source.tokenizer, source.vocabulary] : await fileHash(tokenizer.file);
  return { data, lengths, content: [source.text, how] };
}

/** What `textInputs` are for some texts of `length` tokens: 1 for tokens and 0 for padding; one segment. */
export function textFeeds(
  names: readonly string[],
  lengths: Int32Array,
  length: number,
  indices: readonly number[],
): Readonly<Record<string, NdArray>> {
  const dims = [indices.length, length];
  return Object.fromEntries(
    names.map((name) => {
      const data = new Float64Array(indices.length * length);
      if (name === 'attention_mask')
        for (const [row, sample] of indices.entries())
          data.fill(1, row * length, row * length + lengths[sample]!);
      return [name, { type: 'double', dims, data }];
    }),
  );
}
