import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PareError } from '../base/errors.ts';
import { memorySource } from './source.ts';
import { WireReader, wire } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

function written(write: (out: WireWriter) => void): Uint8Array {
  const out = new WireWriter();
  write(out);
  const bytes = new Uint8Array(Buffer.concat([...out.chunks()]));
  expect(bytes.byteLength).toBe(out.size);
  return bytes;
}

const first = (bytes: Uint8Array): WireReader => {
  const reader = new WireReader(memorySource(bytes));
  expect(reader.next()).toBe(true);
  return reader;
};

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('the wire format', () => {
  test('every 64-bit integer comes back, exactly', () => {
    fc.assert(
      fc.property(int64, fc.integer({ min: 1, max: 2 ** 29 - 1 }), (value, field) => {
        const reader = first(written((out) => out.int(field, value)));
        expect(reader.field).toBe(field);
        expect(BigInt(reader.int())).toBe(value);
        expect(reader.next()).toBe(false);
      }),
    );
  });

  test('numbers are written as bigints are', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written((out) => out.int(1, value))).toEqual(written((out) => out.int(1, BigInt(value))));
      }),
    );
  });

  test('floats come back bit for bit', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(first(written((out) => out.float(3, value))).float()).toBe(value);
      }),
    );
  });

  test('any text comes back, a byte order mark included; other bytes come back as bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const bytes = written((out) => out.text(2, `\ufeff${value}`));
        expect(first(bytes).text()).toBe(`\ufeff${value}`);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (value) => {
        const bytes = Uint8Array.of(0xff, ...value);
        expect(first(written((out) => out.text(2, bytes))).textOrBytes()).toEqual(bytes);
      }),
    );
  });

  test('packed and single numbers read the same', () => {
    fc.assert(
      fc.property(fc.array(int64), (values) => {
        const read = (bytes: Uint8Array) => {
          const all: bigint[] = [];
          const reader = new WireReader(memorySource(bytes));
          while (reader.next()) reader.repeated(wire.varint, all, (inner) => BigInt(inner.int()));
          return all;
        };
        expect(read(written((out) => out.packedInts(1, values)))).toEqual(values);
        expect(
          read(
            written((out) => {
              for (const value of values) out.int(1, value);
            }),
          ),
        ).toEqual(values);
      }),
    );
  });

  test('nested messages and skipped fields keep their bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 200 }), int64, (a, b, tail) => {
        const bytes = written((out) => {
          out.message(1, (inner) => {
            inner.text(2, a);
            inner.text(3, b);
          });
          out.int(4, tail);
        });
        const reader = first(bytes);
        const raw = reader.skip();
        expect(first(raw).message((inner) => (inner.next() ? inner.bytes() : undefined))).toEqual(a);
        reader.next();
        expect(BigInt(reader.int())).toBe(tail);
        expect(written((out) => out.raw(raw))).toEqual(raw);
      }),
    );
  });

  test('arbitrary bytes give fields or a PareError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reader = new WireReader(memorySource(bytes));
        try {
          while (reader.next()) reader.skip();
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['a length of 2^63', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 'model-truncated'],
    ['a length beyond the end', [0x0a, 0x05, 0x00], 'model-truncated'],
    ['an integer without an end', [0x08, 0xff, 0xff], 'model-truncated'],
    ['an integer of eleven bytes', [0x08, ...Array(11).fill(0xff)], 'model-damaged'],
    ['a group', [0x0b], 'model-damaged'],
    ['field number 0', [0x02, 0x00], 'model-damaged'],
  ])('%s is refused', (_, bytes, code) => {
    const reader = new WireReader(memorySource(Uint8Array.from(bytes)));
    expect(() => {
      while (reader.next()) reader.skip();
    }).toThrow(expect.objectContaining({ code }));
  });
});
