/** A value of Thrift's compact protocol; the fields of a struct by their numbers. Numbers of 64 bits that do not fit are rounded. */
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Structures within structures: Parquet's own are six deep. */
const deepest = 16;

/**
 * Reads a struct of Thrift's compact protocol; gives it and where it ends. Every element takes a byte at least, so neither time
 * nor memory exceed what the bytes can hold. Throws `RangeError` for bytes that are no such struct.
 */
export function readStruct(
  bytes: Uint8Array,
  from: number,
): { readonly value: ThriftStruct; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  const varint = (): number => {
    let [result, factor] = [0, 1];
    for (let i = 0; i < 10; i++, factor *= 128) {
      const byte = view.getUint8(at++);
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
    }
    throw new RangeError('a number has too many bytes');
  };
  const zigzag = (): number => {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const list = (depth: number): readonly ThriftValue[] => {
    const head = view.getUint8(at++);
    const count = head >> 4 === 15 ? varint() : head >> 4;
    if (count > bytes.byteLength - at) throw new RangeError('a list is longer than its bytes');
    const type = head & 15;
    return Array.from({ length: count }, () =>
      type === 1 || type === 2 ? view.getUint8(at++) === 1 : element(type, depth),
    );
  };
  const struct = (depth: number): ThriftStruct => {
    if (depth > deepest) throw new RangeError('structures lie too deep');
    const fields = new Map<number, ThriftValue>();
    for (let field = 0; ; ) {
      const head = view.getUint8(at++);
      if (head === 0) return fields;
      field = head >> 4 === 0 ? zigzag() : field + (head >> 4);
      fields.set(field, element(head & 15, depth));
    }
  };
  function element(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return view.getInt8(at++);
      case 4:
      case 5:
      case 6:
        return zigzag();
      case 7:
        at += 8;
        return view.getFloat64(at - 8, true);
      case 8: {
        const length = varint();
        if (length > bytes.byteLength - at) throw new RangeError('a text is longer than its bytes');
        at += length;
        return bytes.subarray(at - length, at);
      }
      case 9:
      case 10:
        return list(depth + 1);
      case 12:
        return struct(depth + 1);
      default:
        throw new RangeError(`there is no type ${type}`);
    }
  }
  const value = struct(0);
  return { value, end: at };
}

export const numberAt = (struct: ThriftStruct | undefined, field: number): number | undefined => {
  const value = struct?.get(field);
  return typeof value === 'number' ? value : undefined;
};
export const structAt = (struct: ThriftStruct | undefined, field: number): ThriftStruct | undefined => {
  const value = struct?.get(field);
  return value instanceof Map ? value : undefined;
};
export const structsAt = (struct: ThriftStruct, field: number): readonly ThriftStruct[] =>
  listAt(struct, field).filter((item): item is ThriftStruct => item instanceof Map);
export const textsAt = (struct: ThriftStruct, field: number): readonly string[] =>
  listAt(struct, field).map((item) => (item instanceof Uint8Array ? Buffer.from(item).toString() : ''));
export const textAt = (struct: ThriftStruct, field: number): string => {
  const value = struct.get(field);
  return value instanceof Uint8Array ? Buffer.from(value).toString() : '';
};

function listAt(struct: ThriftStruct, field: number): readonly ThriftValue[] {
  const value = struct.get(field);
  return Array.isArray(value) ? (value as readonly ThriftValue[]) : [];
}
