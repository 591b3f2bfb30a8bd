/**
 * Marks the `count` elements with the smallest magnitude over several arrays as if they were one. Exact, without sorting:
 * the bits of |x| order float32 numbers as integers, so a histogram of their upper half finds the bucket in which the
 * threshold lies, and a second one of the lower half finds the threshold; three passes in all. Elements equal to the
 * threshold go in the order in which they stand, so the result is the same on every machine. NaN counts as the largest.
 * Returns one byte an element: 1 where the element is to go.
 */
export function smallest(arrays: readonly Float32Array[], count: number): Uint8Array[] {
  const words = arrays.map((array) => new Uint32Array(array.buffer, array.byteOffset, array.length));
  const marks = arrays.map((array) => new Uint8Array(array.length));
  const total = arrays.reduce((sum, array) => sum + array.length, 0);
  let left = Math.max(0, Math.min(total, count));
  if (left === 0) return marks;
  if (left === total) return marks.map((mark) => mark.fill(1));

  const upper = new Float64Array(1 << 15);
  for (const array of words) for (const word of array) upper[(word & 0x7fffffff) >>> 16]!++;
  let bucket = 0;
  while (left >= upper[bucket]!) left -= upper[bucket++]!;
  const lower = new Float64Array(1 << 16);
  for (const array of words)
    for (const word of array) if ((word & 0x7fffffff) >>> 16 === bucket) lower[word & 0xffff]!++;
  let rest = 0;
  while (left >= lower[rest]!) left -= lower[rest++]!;
  const threshold = ((bucket << 16) | rest) >>> 0;

  for (const [index, array] of words.entries()) {
    const mark = marks[index]!;
    for (let i = 0; i < array.length; i++) {
      const magnitude = array[i]! & 0x7fffffff;
      if (magnitude < threshold || (magnitude === threshold && left-- > 0)) mark[i] = 1;
    }
  }
  return marks;
}
