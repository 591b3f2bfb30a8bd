import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../base/errors.ts';
import { readArray, readArrayHeader } from './array-file.ts';
import { idxFile, npyFile, zipFile } from './array-files.testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-arrays-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
const error = (code: string, path: string) =>
  expect.objectContaining({ code, place: { file: path }, hint: expect.any(String) });

const ranges = {
  uint8: fc.integer({ min: 0, max: 255 }),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  int32: fc.integer(),
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
} as const;
const idxArray = fc.constantFrom(...(Object.keys(ranges) as (keyof typeof ranges)[])).chain((type) =>
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }).chain((dims) => {
    const count = dims.reduce((a, b) => a * b, 1);
    return fc.record({
      type: fc.constant(type),
      dims: fc.constant(dims),
      values: fc.array(ranges[type], { minLength: count, maxLength: count }),
    });
  }),
);

describe('IDX files', () => {
  it('reads back every element type and shape, plain and gzip', async () => {
    await fc.assert(
      fc.asyncProperty(idxArray, fc.boolean(), async ({ type, dims, values }, zip) => {
        const bytes = idxFile(type, dims, values);
        const read = await readArray(file('any', zip ? gzipSync(bytes) : bytes));
        expect(read.dims).toEqual(dims);
        expect(Array.from(read.data as Float32Array)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it('says that any proper prefix is cut off or no array, plain and gzip', async () => {
    const whole = idxFile(
      'int16',
      [4, 3],
      Array.from({ length: 12 }, (_, i) => i),
    );
    for (let length = 0; length < whole.byteLength; length++) {
      const plain = file('cut', whole.subarray(0, length));
      await expect(readArray(plain)).rejects.toEqual(
        error(length < 4 ? 'data-format' : 'data-truncated', plain),
      );
      const zipped = file('cut.gz', gzipSync(whole.subarray(0, length)));
      await expect(readArray(zipped)).rejects.toEqual(
        error(length < 4 ? 'data-format' : 'data-truncated', zipped),
      );
    }
  });

  it('reads a gzip file that is itself cut off as far as it goes, and says so', async () => {
    const values = Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251);
    const zipped = gzipSync(idxFile('uint8', [4000], values));
    const path = file('short.gz', zipped.subarray(0, zipped.byteLength / 2));
    expect(readArrayHeader(path).dims).toEqual([4000]);
    await expect(readArray(path)).rejects.toEqual(error('data-truncated', path));
  });

  it('notices a wrong check sum', async () => {
    const zipped = gzipSync(idxFile('uint8', [3], [1, 2, 3]));
    zipped[zipped.byteLength - 8]! ^= 1;
    const path = file('sum.gz', zipped);
    await expect(readArray(path)).rejects.toEqual(error('data-format', path));
  });

  it('refuses a header that promises 2^40 bytes before it takes the memory', async () => {
    const bytes = idxFile('uint8', [1024, 1024, 1024, 1024], [1, 2, 3]);
    for (const path of [file('huge', bytes), file('huge.gz', gzipSync(bytes))])
      await expect(readArray(path)).rejects.toEqual(error('data-truncated', path));
  });

  it('reads no more of a gzip bomb than its header promises', async () => {
    const start = idxFile('uint8', [2], [5, 6]);
    const bomb = new Uint8Array(2 ** 27);
    bomb.set(start);
    const path = file('bomb.gz', gzipSync(bomb));
    const before = process.memoryUsage().rss;
    expect(Array.from((await readArray(path)).data as Uint8Array)).toEqual([5, 6]);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
  });

  it('reads the first rows alone', async () => {
    const path = file('rows.gz', gzipSync(idxFile('int32', [3, 2], [1, 2, 3, 4, 5, 6])));
    expect(await readArray(path, 2)).toEqual({ dims: [2, 2], data: Int32Array.of(1, 2, 3, 4) });
  });
});

describe('NumPy files', () => {
  it.each([
    ['|u1', Uint8Array.of(1, 255)],
    ['|b1', Uint8Array.of(0, 1)],
    ['|i1', Int8Array.of(-1, 7)],
    ['<u2', Uint16Array.of(1, 65535)],
    ['<i2', Int16Array.of(-2, 300)],
    ['<u4', Uint32Array.of(1, 4294967295)],
    ['<i4', Int32Array.of(-1, 70000)],
    ['<i8', BigInt64Array.of(-1n, 2n ** 40n)],
    ['<u8', BigUint64Array.of(1n, 2n ** 63n)],
    ['<f4', Float32Array.of(0.5, -3)],
    ['<f8', Float64Array.of(0.1, -3e300)],
  ])('reads %s', async (descr, data) => {
    for (const major of [1, 2])
      expect(await readArray(file('any.npy', npyFile(descr, [2], data, { major })))).toEqual({
        dims: [2],
        data,
      });
  });

  it('reads half precision and big-endian numbers', async () => {
    const half = file('half.npy', npyFile('<f2', [3], Uint16Array.of(0x3c00, 0xc100, 0x3555)));
    expect((await readArray(half)).data).toEqual(Float32Array.of(1, -2.5, 0.333251953125));
    const swapped = Buffer.from(Int32Array.of(1, -2).buffer).swap32();
    expect((await readArray(file('big.npy', npyFile('>i4', [2], swapped)))).data).toEqual(
      Int32Array.of(1, -2),
    );
  });

  it.each([
    ['objects', npyFile('|O', [1], new Uint8Array(8))],
    ['text', npyFile('<U5', [1], new Uint8Array(20))],
    ['columns first', npyFile('<f4', [2, 2], new Float32Array(4), { fortran: true })],
    ['a single number', npyFile('<f4', [], new Float32Array(1))],
    ['another format', Buffer.from('PK\x03\x04....')],
    ['nothing', new Uint8Array()],
  ])('refuses %s', async (_, bytes) => {
    const path = file('refused.npy', bytes);
    await expect(readArray(path)).rejects.toEqual(error('data-format', path));
  });

  it('says when it is cut off', async () => {
    const whole = npyFile('<f4', [8], new Float32Array(8));
    for (const length of [7, 11, 40, whole.byteLength - 1]) {
      const path = file('cut.npy', whole.subarray(0, length));
      await expect(readArray(path)).rejects.toEqual(error('data-truncated', path));
    }
  });
});

describe('NumPy archives', () => {
  const [x, y] = [Float32Array.from({ length: 3000 }, (_, i) => i % 7), BigInt64Array.of(3n, 1n)];
  const members = { 'x_test.npy': npyFile('<f4', [3, 1000], x), 'y_test.npy': npyFile('<i8', [2], y) };

  it.each([
    { name: 'stored', bytes: zipFile(members, false) },
    { name: 'compressed', bytes: zipFile(members, true) },
    { name: 'with a comment', bytes: zipFile(members, true, 'a comment PK') },
  ])('are read by the name of an array, $name', async ({ bytes }) => {
    const path = file('two.npz', bytes);
    expect(await readArray(`${path}#x_test`)).toEqual({ dims: [3, 1000], data: x });
    expect(await readArray(`${path}#y_test`)).toEqual({ dims: [2], data: y });
    expect((await readArray(`${path}#x_test`, 2)).data).toEqual(x.subarray(0, 2000));
    await expect(readArray(path)).rejects.toThrow(/several arrays/);
    await expect(readArray(`${path}#z`)).rejects.toEqual(error('data-format', `${path}#z`));
    await expect(readArray(`${path}#z`)).rejects.toMatchObject({
      hint: expect.stringContaining('x_test, y_test'),
    });
  });

  it('need no name when they hold one array', async () => {
    const path = file('one.npz', zipFile({ 'arr_0.npy': members['y_test.npy'] }, true));
    expect((await readArray(path)).data).toEqual(y);
    await expect(readArray(`${join(folder, 'missing.npz')}#x`)).rejects.toEqual(
      error('file-missing', join(folder, 'missing.npz')),
    );
  });

  it('are refused, never trusted, when they are cut off or changed', async () => {
    const whole = zipFile(members, true);
    for (let length = 4; length < whole.byteLength; length += 7) {
      const path = file('cut.npz', whole.subarray(0, length));
      await expect(readArray(`${path}#y_test`)).rejects.toBeInstanceOf(PareError);
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength - 1), fc.nat(255), async (at, value) => {
        const path = file(
          'changed.npz',
          whole.map((byte, place) => (place === at ? value : byte)),
        );
        await readArray(`${path}#x_test`).catch((thrown: unknown) =>
          expect(thrown).toBeInstanceOf(PareError),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('damaged files', () => {
  it('give an array or an error that a person can read, whatever their bytes', async () => {
    const starts = [
      [],
      [0, 0, 8, 1],
      [0, 0, 14, 3],
      [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0],
      [0x1f, 0x8b, 8, 0],
    ];
    const header = Array.from(npyFile('<f4', [2], new Float32Array(2)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...starts, header),
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 4 }),
        async (start, rest, changes) => {
          const bytes = Uint8Array.from([...start, ...rest]);
          for (const [at, value] of changes) if (at < bytes.byteLength) bytes[at] = value;
          try {
            const { dims, data } = await readArray(file('damaged', bytes));
            expect(data.length).toBe(dims.reduce((a, b) => a * b, 1));
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PareError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('files that cannot be read', () => {
  it('names a missing file and a folder', async () => {
    const missing = join(folder, 'missing');
    await expect(readArray(missing)).rejects.toEqual(error('file-missing', missing));
    await expect(readArray(folder)).rejects.toEqual(error('file-unreadable', folder));
  });
});
