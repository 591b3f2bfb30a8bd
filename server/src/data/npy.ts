import type { ArrayHeader, ArrayType } from './array-file.ts';
import { dataError } from './data-error.ts';

const types: Readonly<Record<string, ArrayType>> = {
  b1: 'uint8',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float',
  f8: 'double',
};

const magic = '\x93NUMPY';
export const isNpy = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(0, 6)).toString('latin1') === magic;

/**
 * Reads the header of a NumPy file (NEP 1): magic, version, its own length, and a Python dictionary as text.
 * Errors: `data-truncated`; `data-format` for objects, records and columns-first arrays.
 */
export function npyHeader(head: Uint8Array, path: string): ArrayHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const long = head[6]! >= 2;
  const start = long ? 12 : 10;
  const offset =
    head.byteLength < start
      ? Number.POSITIVE_INFINITY
      : start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  if (head.byteLength < offset)
    throw dataError(
      'data-truncated',
      `'${path}' is cut off within its header.`,
      path,
      'Copy or download the file again.',
    );
  const text = Buffer.from(head.subarray(start, offset)).toString('latin1');
  const [, order, kind] = /'descr':\s*'([<>|=])([a-z]\d+)'/.exec(text) ?? [];
  const shape = /'shape':\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  const type = types[kind ?? ''];
  const refuse = (what: string, hint: string) => dataError('data-format', `'${path}' ${what}.`, path, hint);
  if (shape === undefined)
    throw refuse('has no NumPy header that can be read', 'Write it with `numpy.save`.');
  if (!type)
    throw refuse(
      `holds elements of type ${/'descr':\s*([^}]*?),\s*'/.exec(text)?.[1] ?? 'unknown'}, which are no plain numbers`,
      'Save it as an array of integers or floats: `array.astype("float32")`.',
    );
  if (/'fortran_order':\s*True/.test(text))
    throw refuse('is stored columns first', 'Save `numpy.ascontiguousarray(array)`.');
  const dims = shape
    .split(',')
    .map((part) => part.replace('L', '').trim())
    .filter((part) => part !== '')
    .map(Number);
  if (dims.length === 0)
    throw refuse('is a single number', 'Save an array with the samples along its first axis.');
  return { type, dims, bigEndian: order === '>', offset };
}
