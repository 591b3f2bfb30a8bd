import type { Blob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';
import type { Int } from '../ir/attribute.ts';
import type { Source } from './source.ts';

/** Protocol buffer wire types. Groups (3, 4) do not occur in ONNX. */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const maximalDepth = 200;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const floatBits = new DataView(new ArrayBuffer(8));

/**
 * Reads one protocol buffer message field by field. Every length is checked against the enclosing message before anything
 * is allocated. Errors: `model-truncated` when the file ends too early, `model-damaged` otherwise.
 */
export class WireReader {
  readonly #source: Source;
  readonly end: number;
  readonly #depth: number;
  position: number;
  /** Field number and wire type of the field that `next` found. */
  field = 0;
  wireType = 0;
  #start = 0;

  constructor(source: Source, position = 0, end = source.size, depth = 0) {
    this.#source = source;
    this.position = position;
    this.end = end;
    this.#depth = depth;
  }

  /** Advances to the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    this.#start = this.position;
    const tag = this.#varint();
    if (tag.high !== 0) this.#damaged('a field tag is too large');
    this.field = tag.low >>> 3;
    this.wireType = tag.low & 7;
    if (this.field === 0) this.#damaged('a field has number 0');
    return true;
  }

  int(): Int {
    if (this.wireType !== wire.varint) this.#damaged('an integer was expected');
    const { low, high } = this.#varint();
    const value = high * 2 ** 32 + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  number(): number {
    return Number(this.int());
  }

  float(): number {
    if (this.wireType !== wire.fixed32) this.#damaged('a 32-bit float was expected');
    return this.#view(4).getFloat32(0, true);
  }

  double(): number {
    if (this.wireType !== wire.fixed64) this.#damaged('a 64-bit float was expected');
    return this.#view(8).getFloat64(0, true);
  }

  bytes(): Uint8Array {
    const length = this.#length();
    const start = this.#advance(length);
    const { bytes, offset } = this.#source.window(start, length);
    return bytes.slice(start - offset, start - offset + length);
  }

  blob(): Blob {
    const length = this.#length();
    return this.#source.blob(this.#advance(length), length);
  }

  /** UTF-8 text; text that is none comes with replacement characters. */
  text(): string {
    const bytes = this.bytes();
    return textOrBytes(bytes, (text) => text) ?? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }

  /** UTF-8 text, or the bytes where they are none. */
  textOrBytes(): string | Uint8Array {
    const bytes = this.bytes();
    return textOrBytes(bytes, (text) => text) ?? bytes;
  }

  /** Reads a nested message. */
  message<T>(read: (reader: WireReader) => T): T {
    if (this.#depth >= maximalDepth) this.#damaged(`messages are nested more than ${maximalDepth} deep`);
    const length = this.#length();
    const start = this.#advance(length);
    return read(new WireReader(this.#source, start, start + length, this.#depth + 1));
  }

  /** Reads a repeated number, packed or not, with `each`. */
  repeated<T>(packedType: number, into: T[], each: (reader: WireReader) => T): void {
    if (this.wireType !== wire.bytes) {
      into.push(each(this));
      return;
    }
    this.message((packed) => {
      packed.wireType = packedType;
      while (packed.position < packed.end) into.push(each(packed));
    });
  }

  /** The current field, tag included, as it stands in the file. */
  skip(): Uint8Array {
    switch (this.wireType) {
      case wire.varint:
        this.#varint();
        break;
      case wire.fixed64:
        this.#advance(8);
        break;
      case wire.fixed32:
        this.#advance(4);
        break;
      case wire.bytes:
        this.#advance(this.#length());
        break;
      default:
        this.#damaged(`wire type ${this.wireType} is unknown`);
    }
    return this.raw();
  }

  /** The field that was read last, tag included, as it stands in the file. */
  raw(): Uint8Array {
    const length = this.position - this.#start;
    const { bytes, offset } = this.#source.window(this.#start, length);
    return bytes.slice(this.#start - offset, this.#start - offset + length);
  }

  #length(): number {
    if (this.wireType !== wire.bytes) this.#damaged('a length-delimited field was expected');
    const { low, high } = this.#varint();
    if (high !== 0) this.#truncated(high * 2 ** 32 + low);
    return low;
  }

  #advance(length: number): number {
    const start = this.position;
    if (start + length > this.end) this.#truncated(length);
    this.position = start + length;
    return start;
  }

  #view(length: number): DataView {
    const start = this.#advance(length);
    const { bytes, offset } = this.#source.window(start, length);
    for (let i = 0; i < length; i++) floatBits.setUint8(i, bytes[start - offset + i]!);
    return floatBits;
  }

  /** A varint as two 32-bit halves; `high` is signed, so negative numbers come out right. */
  #varint(): { low: number; high: number } {
    const available = Math.min(10, this.end - this.position);
    const { bytes, offset } = this.#source.window(this.position, available);
    let low = 0;
    let high = 0;
    for (let i = 0; i < available; i++) {
      const byte = bytes[this.position - offset + i]!;
      const shift = i * 7;
      if (shift < 28) low |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        low |= (byte & 0x7f) << 28;
        high |= (byte & 0x7f) >> 4;
      } else if (shift < 63) high |= (byte & 0x7f) << (shift - 32);
      else high |= (byte & 1) << 31;
      if (byte < 0x80) {
        this.position += i + 1;
        return { low: low >>> 0, high };
      }
    }
    if (available < 10) this.#truncated(1);
    return this.#damaged('an integer has more than ten bytes');
  }

  #truncated(length: number): never {
    throw new PareError(
      'model-truncated',
      `The model is cut off: at byte ${this.position} it announces ${length} bytes, but ${Math.max(0, this.end - this.position)} are left.`,
      {
        hint: 'Copy or download the file again, or export the model again.',
      },
    );
  }

  #damaged(what: string): never {
    throw new PareError('model-damaged', `The model is damaged at byte ${this.#start}: ${what}.`, {
      hint: 'Copy or download the file again, or export the model again.',
    });
  }
}

function textOrBytes<T>(bytes: Uint8Array, use: (text: string) => T): T | undefined {
  try {
    return use(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}
