import type { Blob } from '../base/blob.ts';
import type { Int } from '../ir/attribute.ts';
import { wire } from './wire-reader.ts';

const encoder = new TextEncoder();

/** A message under construction: small parts as bytes, tensor data as blobs that are read only when the file is written. */
export class WireWriter {
  readonly #parts: (Uint8Array | Blob)[] = [];
  #small: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  int(field: number, value: Int): void {
    this.#tag(field, wire.varint);
    this.#varint(value);
  }

  float(field: number, value: number): void {
    this.#tag(field, wire.fixed32);
    this.#append(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, value: string | Uint8Array): void {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    this.#tag(field, wire.bytes);
    this.#varint(bytes.byteLength);
    this.#append(bytes);
  }

  blob(field: number, value: Blob): void {
    this.#tag(field, wire.bytes);
    this.#varint(value.size);
    this.#flush();
    this.#parts.push(value);
    this.#size += value.size;
  }

  message(field: number, write: (writer: WireWriter) => void): void {
    const inner = new WireWriter();
    write(inner);
    inner.#flush();
    this.#tag(field, wire.bytes);
    this.#varint(inner.#size);
    this.#flush();
    for (const part of inner.#parts) this.#parts.push(part);
    this.#size += inner.#size;
  }

  /** Repeated integers, packed. One alone is shorter as a plain field, which every parser takes as well (protobuf, "Packed repeated fields"). */
  packedInts(field: number, values: readonly Int[]): void {
    if (values.length === 0) return;
    if (values.length === 1) {
      this.int(field, values[0]!);
      return;
    }
    this.message(field, (inner) => {
      for (const value of values) inner.#varint(value);
    });
  }

  packedFloats(field: number, values: readonly number[]): void {
    if (values.length === 1) this.float(field, values[0]!);
    else if (values.length > 1) this.text(field, new Uint8Array(Float32Array.from(values).buffer));
  }

  /** Fields as they stood in a file, tags included. */
  raw(bytes: Uint8Array): void {
    this.#append(bytes);
  }

  /** The message in pieces of bounded size: what is written to a file never has to be in memory as a whole. */
  *chunks(): Generator<Uint8Array> {
    this.#flush();
    const chunkBytes = 1 << 24;
    for (const part of this.#parts) {
      if (part instanceof Uint8Array) yield part;
      else
        for (let at = 0; at < part.size; at += chunkBytes)
          yield part.read(at, Math.min(part.size, at + chunkBytes));
    }
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: Int): void {
    if (typeof value === 'number' && value >= 0) {
      let rest = value;
      while (rest > 0x7f) {
        this.#byte((rest % 128) | 0x80);
        rest = Math.floor(rest / 128);
      }
      this.#byte(rest);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  #byte(value: number): void {
    this.#small.push(value);
    this.#size++;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.byteLength < 64) for (const byte of bytes) this.#small.push(byte);
    else {
      this.#flush();
      this.#parts.push(bytes);
    }
    this.#size += bytes.byteLength;
  }

  #flush(): void {
    if (this.#small.length === 0) return;
    this.#parts.push(Uint8Array.from(this.#small));
    this.#small = [];
  }
}
