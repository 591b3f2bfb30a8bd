import type { ArrayHeader, ArrayType } from './array-file.ts';
import { dataError } from './data-error.ts';

/** Element types by the third byte of the magic number (Y. LeCun, "The MNIST database", file format). */
const types: Readonly<Record<number, ArrayType>> = {
  8: 'uint8',
  9: 'int8',
  11: 'int16',
  12: 'int32',
  13: 'float',
  14: 'double',
};

export const isIdx = (head: Uint8Array): boolean =>
  head.byteLength >= 4 && head[0] === 0 && head[1] === 0 && head[2]! in types;

/** Reads the header of an IDX file: a magic number, then each size as a big-endian 32-bit number. Throws `data-truncated`. */
export function idxHeader(head: Uint8Array, path: string): ArrayHeader {
  const rank = head[3]!;
  const offset = 4 + 4 * rank;
  if (rank === 0)
    throw dataError(
      'data-format',
      `'${path}' is an IDX file without dimensions.`,
      path,
      'Write it again with the samples along its first dimension.',
    );
  if (head.byteLength < offset)
    throw dataError(
      'data-truncated',
      `'${path}' is cut off within its header.`,
      path,
      'Copy or download the file again.',
    );
  const view = new DataView(head.buffer, head.byteOffset);
  return {
    type: types[head[2]!]!,
    dims: Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)),
    bigEndian: true,
    offset,
  };
}
