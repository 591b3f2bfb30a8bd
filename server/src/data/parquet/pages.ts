import { decompress } from './compression.ts';
import type { ParquetChunk, ParquetColumn, ParquetType } from './footer.ts';
import { numberAt, readStruct, structAt, type ThriftStruct } from './thrift.ts';

/** A value of a column; undefined where it is missing. Bytes are a view of the file's. */
export type ParquetValue = number | boolean | Uint8Array | undefined;

const pageKinds = { data: 0, dictionary: 2, dataV2: 3 } as const;
const encodings = { plain: 0, plainDictionary: 2, rle: 3, dictionary: 8 } as const;

/**
 * The first values of a chunk, up to `most`. Reads pages of both versions, plain or by a dictionary. Every loop is bounded by
 * bytes or by `most`. Throws `RangeError` for damaged pages and for encodings that there are none of.
 */
export function readChunk(
  bytes: Uint8Array,
  chunk: ParquetChunk,
  column: ParquetColumn,
  most: number,
): ParquetValue[] {
  const wanted = Math.min(chunk.values, most);
  const values: ParquetValue[] = [];
  let dictionary: readonly ParquetValue[] | undefined;
  for (let at = 0; values.length < wanted; ) {
    const { value: header, end } = readStruct(bytes, at);
    const length = size(numberAt(header, 3));
    if (end + length > bytes.byteLength) throw new RangeError('a page is cut off');
    const page = bytes.subarray(end, end + length);
    at = end + length;
    const kind = numberAt(header, 1);
    if (kind === pageKinds.dictionary) dictionary = dictionaryOf(page, header, chunk.codec, column.type);
    else if (kind === pageKinds.data || kind === pageKinds.dataV2) {
      const data =
        kind === pageKinds.data
          ? dataPage(page, header, chunk, column)
          : dataPageV2(page, header, chunk, column);
      if (data.count === 0 || data.count > chunk.values - values.length)
        throw new RangeError('a page has a wrong number of values');
      append(values, data, column, dictionary, Math.min(data.count, wanted - values.length));
    }
  }
  return values;
}

interface Data {
  readonly count: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
  /** Which values are there; undefined when all are. */
  readonly levels: Int32Array | undefined;
}

const bitsOf = (value: number): number => 32 - Math.clz32(value);

function dataPage(page: Uint8Array, header: ThriftStruct, chunk: ParquetChunk, column: ParquetColumn): Data {
  const own = structAt(header, 5);
  const count = size(numberAt(own, 1), chunk.values);
  const all = decompress(page, chunk.codec, size(numberAt(header, 2)));
  const encoding = numberAt(own, 2) ?? 0;
  if (column.optional === 0) return { count, encoding, bytes: all, levels: undefined };
  const length = viewOf(all).getUint32(0, true);
  const levels = hybrid(all.subarray(4, 4 + length), bitsOf(column.optional), count);
  return { count, encoding, bytes: all.subarray(4 + length), levels };
}

function dataPageV2(
  page: Uint8Array,
  header: ThriftStruct,
  chunk: ParquetChunk,
  column: ParquetColumn,
): Data {
  const own = structAt(header, 8);
  const count = size(numberAt(own, 1), chunk.values);
  const levelBytes = size(numberAt(own, 5));
  const before = levelBytes + (numberAt(own, 6) ?? 0);
  if (!(before >= 0 && before <= page.byteLength)) throw new RangeError('a page is cut off');
  const rest = page.subarray(before);
  const bytes =
    own?.get(7) === false ? rest : decompress(rest, chunk.codec, size(numberAt(header, 2)) - before);
  const levels =
    column.optional === 0
      ? undefined
      : hybrid(page.subarray(before - levelBytes, before), bitsOf(column.optional), count);
  return { count, encoding: numberAt(own, 4) ?? 0, bytes, levels };
}

function dictionaryOf(
  page: Uint8Array,
  header: ThriftStruct,
  codec: number,
  type: ParquetType,
): readonly ParquetValue[] {
  const own = structAt(header, 7);
  const bytes = decompress(page, codec, size(numberAt(header, 2)));
  return plain(bytes, type, size(numberAt(own, 1), 8 * bytes.byteLength));
}

function append(
  values: ParquetValue[],
  { count, encoding, bytes, levels }: Data,
  { type, optional }: ParquetColumn,
  dictionary: readonly ParquetValue[] | undefined,
  most: number,
): void {
  const given = levels ? levels.reduce((sum, level) => sum + (level === optional ? 1 : 0), 0) : count;
  const found = decode(bytes, encoding, type, given, dictionary);
  for (let i = 0, next = 0; i < most; i++)
    values.push(levels && levels[i] !== optional ? undefined : found[next++]);
}

function decode(
  bytes: Uint8Array,
  encoding: number,
  type: ParquetType,
  count: number,
  dictionary: readonly ParquetValue[] | undefined,
): readonly ParquetValue[] {
  if (encoding === encodings.plain) return plain(bytes, type, count);
  if (encoding === encodings.rle && type === 'boolean')
    return Array.from(hybrid(bytes.subarray(4), 1, count), (value) => value === 1);
  if (encoding !== encodings.dictionary && encoding !== encodings.plainDictionary)
    throw new RangeError(`its encoding (number ${encoding}) is not read`);
  if (!dictionary) throw new RangeError('a dictionary is missing');
  if (count === 0) return [];
  return Array.from(hybrid(bytes.subarray(1), bytes[0] ?? 0, count), (index) => {
    if (index < dictionary.length) return dictionary[index];
    throw new RangeError('a value is not in the dictionary');
  });
}

function plain(bytes: Uint8Array, type: ParquetType, count: number): readonly ParquetValue[] {
  const view = viewOf(bytes);
  let at = 0;
  const next = (length: number) => (at += length) - length;
  const read = (): ParquetValue => {
    switch (type) {
      case 'int32':
        return view.getInt32(next(4), true);
      case 'int64':
        return Number(view.getBigInt64(next(8), true));
      case 'float':
        return view.getFloat32(next(4), true);
      case 'double':
        return view.getFloat64(next(8), true);
      case 'boolean':
        return ((view.getUint8(at >> 3) >> (at++ & 7)) & 1) === 1;
      case 'bytes': {
        const length = view.getUint32(next(4), true);
        const from = next(length);
        if (at > bytes.byteLength) throw new RangeError('a value is cut off');
        return bytes.subarray(from, at);
      }
      case 'int96':
      case 'fixed':
        throw new RangeError(`values of type ${type} are not read`);
    }
  };
  const values: ParquetValue[] = [];
  while (values.length < count) values.push(read());
  return values;
}

/** Runs of one value, and groups of eight values that are packed by bits (Encodings.md, RLE = 3). */
function hybrid(bytes: Uint8Array, width: number, count: number): Int32Array {
  if (width > 31) throw new RangeError('numbers have too many bits');
  const values = new Int32Array(count);
  const view = viewOf(bytes);
  let [at, done] = [0, 0];
  while (done < count) {
    let [head, factor] = [0, 1];
    for (let byte = 128; byte >= 128; factor *= 128) {
      if (factor > 2 ** 35) throw new RangeError('a run is damaged');
      byte = view.getUint8(at++);
      head += (byte & 127) * factor;
    }
    const packed = head % 2 === 1;
    const run = Math.floor(head / 2);
    if (run === 0) throw new RangeError('a run is empty');
    const end = Math.min(count, done + (packed ? 8 * run : run));
    if (packed) {
      const start = at;
      let [buffer, bits] = [0, 0];
      for (; done < end; done++) {
        for (; bits < width; bits += 8) buffer += view.getUint8(at++) * 2 ** bits;
        values[done] = buffer % 2 ** width;
        buffer = Math.floor(buffer / 2 ** width);
        bits -= width;
      }
      at = start + run * width;
    } else {
      let value = 0;
      for (let i = 0; i < width; i += 8) value += view.getUint8(at++) * 2 ** i;
      values.fill(value, done, end);
      done = end;
    }
  }
  return values;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function size(value: number | undefined, most = 2 ** 31): number {
  if (value !== undefined && value >= 0 && value <= most) return value;
  throw new RangeError('a page has no size that makes sense');
}
