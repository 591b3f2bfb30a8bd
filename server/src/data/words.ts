/** The words of a text: runs of letters and digits, and every other sign that is no space for itself. */
export const wordsOf = (text: string): readonly string[] =>
  text.match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];

/**
 * Numbers of words without a list of them: each word's hash, from 1 up to `size - 1`; 0 is left for padding. Words that meet
 * in a number are one to the model (feature hashing: Weinberger et al., 2009). The hash is FNV-1a of the UTF-8 bytes.
 */
export function hashedWords(size: number): (word: string) => number {
  return (word) => {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return 1 + (hash % (size - 1));
  };
}
