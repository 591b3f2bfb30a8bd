/** Array files for tests, written as the formats' own descriptions say. */
import { deflateRawSync } from 'node:zlib';

const idxTypes = { uint8: 8, int8: 9, int16: 11, int32: 12, float: 13, double: 14 } as const;
const writers = {
  uint8: (view: DataView, at: number, value: number) => view.setUint8(at, value),
  int8: (view: DataView, at: number, value: number) => view.setInt8(at, value),
  int16: (view: DataView, at: number, value: number) => view.setInt16(at, value),
  int32: (view: DataView, at: number, value: number) => view.setInt32(at, value),
  float: (view: DataView, at: number, value: number) => view.setFloat32(at, value),
  double: (view: DataView, at: number, value: number) => view.setFloat64(at, value),
} as const;
const widths = { uint8: 1, int8: 1, int16: 2, int32: 4, float: 4, double: 8 } as const;

/** An IDX file: big-endian, like all of them. */
export function idxFile(
  type: keyof typeof idxTypes,
  dims: readonly number[],
  values: ArrayLike<number>,
): Uint8Array {
  const start = 4 + 4 * dims.length;
  const bytes = new Uint8Array(start + values.length * widths[type]);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, idxTypes[type], dims.length]);
  for (const [axis, dim] of dims.entries()) view.setUint32(4 + 4 * axis, dim);
  for (let i = 0; i < values.length; i++) writers[type](view, start + i * widths[type], values[i]!);
  return bytes;
}

/** A NumPy file of version 1 from elements that are stored already. */
export function npyFile(
  descr: string,
  dims: readonly number[],
  data: ArrayBufferView,
  { fortran = false, major = 1 } = {},
): Uint8Array {
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const start = major === 1 ? 10 : 12;
  const padded = `${dictionary.padEnd(Math.ceil((start + dictionary.length + 1) / 64) * 64 - start - 1)}\n`;
  const bytes = new Uint8Array(start + padded.length + data.byteLength);
  bytes.set([0x93, ...Buffer.from('NUMPY'), major, 0]);
  const view = new DataView(bytes.buffer);
  if (major === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  bytes.set(Buffer.from(padded, 'latin1'), start);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + padded.length);
  return bytes;
}

/** A zip file of members, as `numpy.savez` (stored) and `numpy.savez_compressed` (deflated) write them; check sums are left 0. */
export function zipFile(
  members: Readonly<Record<string, Uint8Array>>,
  deflate: boolean,
  comment = '',
): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const coded = deflate ? deflateRawSync(bytes) : Buffer.from(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(coded.byteLength, 14);
    fields.writeUInt32LE(bytes.byteLength, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.of(0x50, 0x4b, 3, 4), fields, Buffer.from(name), coded]);
    // The same fields, then sizes of a comment and others that stay 0, and where the member lies.
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.of(0x50, 0x4b, 1, 2, 20, 0), fields, place, Buffer.from(name)]));
    parts.push(local);
    at += local.byteLength;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.set([0x50, 0x4b, 5, 6]);
  end.writeUInt32LE(list.byteLength, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([...parts, list, end, Buffer.from(comment)]);
}
