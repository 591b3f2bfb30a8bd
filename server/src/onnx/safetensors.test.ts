import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../base/errors.ts';
import type { DataType } from '../ir/data-type.ts';
import { elements, tensor } from '../ir/tensor.ts';
import { openTensors, saveTensors } from './safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'x.safetensors');

/** A file made by the `safetensors` package 0.8: {"a": float32 [[1, 2]], "b": int64 [3]}, metadata {"k": "v"}. */
const reference = Buffer.concat([
  Buffer.from([0x88, 0, 0, 0, 0, 0, 0, 0]),
  Buffer.from(
    '{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}'.padEnd(
      0x88,
    ),
  ),
  Buffer.from(BigInt64Array.of(3n).buffer),
  Buffer.from(Float32Array.of(1, 2).buffer),
]);

describe('safetensors', () => {
  it('reads a file by another writer', () => {
    writeFileSync(path, reference);
    const { tensors, metadata } = openTensors(path);
    expect([...elements(tensors.get('a')!)]).toEqual([1, 2]);
    expect([...elements(tensors.get('b')!)]).toEqual([3n]);
    expect([...metadata]).toEqual([['k', 'v']]);
  });

  it('gives back what was written', () => {
    const type = fc.constantFrom<DataType>('float', 'int64', 'uint8', 'int32', 'double');
    const item = fc.record({ type, dims: fc.array(fc.nat(3), { maxLength: 3 }) });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), item),
        fc.dictionary(fc.string(), fc.string()),
        (items, metadata) => {
          const written = Object.entries(items).flatMap(([name, { type, dims }]) =>
            name === '__metadata__'
              ? []
              : [
                  tensor(
                    name,
                    type,
                    dims,
                    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
                  ),
                ],
          );
          saveTensors(path, written, metadata);
          const read = openTensors(path);
          expect(Object.fromEntries(read.metadata)).toEqual({ ...metadata });
          expect([...read.tensors.keys()].sort()).toEqual(written.map(({ name }) => name).sort());
          for (const value of written) {
            const back = read.tensors.get(value.name)!;
            expect([back.type, back.dims]).toEqual([value.type, value.dims]);
            expect(elements(back)).toEqual(elements(value));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses damage with an error of its own, whatever the damage', () => {
    saveTensors(path, [tensor('a', 'float', [2, 2], [1, 2, 3, 4])], { k: 'v' });
    const sound = readFileSync(path);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, byte, length) => {
        const bytes = Buffer.from(sound);
        bytes[at] = byte;
        writeFileSync(path, bytes.subarray(0, length));
        try {
          for (const value of openTensors(path).tensors.values()) elements(value);
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
