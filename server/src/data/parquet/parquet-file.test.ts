import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../../base/errors.ts';
import { openParquet, readParquetColumn } from './parquet-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', `${name}.parquet`);

/** What `fixtures/make.py` writes with pyarrow. */
const words = ['one', 'two', 'three', 'fourteen', ''];
const expected: Readonly<Record<string, (row: number) => unknown>> = {
  small: (i) => i % 7,
  large: (i) => i * 1e9,
  single: (i) => i / 4,
  double: (i) => i / 3,
  flag: (i) => i % 3 === 0,
  text: (i) => `${words[i % 5]} ${i}`,
  gaps: (i) => (i % 4 === 1 ? undefined : i),
  label: (i) => (i % 2 ? 'ham' : 'spam'),
};
const read = (path: string, column: string, rows = 60) =>
  readParquetColumn(path, column, rows).map((value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );

describe('a Parquet file', () => {
  it.each(['snappy', 'plain', 'gzip-v2', 'brotli', 'zstd'])('of pyarrow has its values: %s', (name) => {
    const { rows, columns } = openParquet(fixture(name));
    expect(rows).toBe(60);
    expect(columns.map((column) => column.name)).toEqual([
      ...Object.keys(expected).slice(0, -1),
      'list.list.element',
      'label',
    ]);
    if (name === 'zstd' && !('zstdDecompressSync' in zlib)) {
      expect(() => read(fixture(name), 'small')).toThrow(/compression \(number 6\)/);
      return;
    }
    for (const [column, value] of Object.entries(expected)) {
      const all = Array.from({ length: 60 }, (_, row) => value(row));
      expect(read(fixture(name), column)).toEqual(all);
      expect(read(fixture(name), column, 31)).toEqual(all.slice(0, 31));
    }
  });

  it('says which column is not there, or holds lists', () => {
    expect(() => read(fixture('snappy'), 'smal')).toThrow(/Did you mean 'small'/);
    expect(() => read(fixture('snappy'), 'list.list.element')).toThrow(/holds lists/);
  });

  it('is refused, never trusted, when it is cut off or changed', () => {
    const path = join(folder, 'x.parquet');
    const files = ['snappy', 'plain', 'gzip-v2', 'brotli', 'images'].map((name) =>
      readFileSync(fixture(name)),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        fc.nat(),
        fc.boolean(),
        (bytes, changes, cut, late) => {
          const damaged = Buffer.from(changes.length > 0 ? bytes : bytes.subarray(0, cut % bytes.length));
          // Half of the changes hit the metadata, which decide most.
          const footer = damaged.length - 8 - (damaged.length > 8 ? bytes.readUInt32LE(bytes.length - 8) : 0);
          for (const [at, value] of changes)
            damaged[late ? footer + (at % (damaged.length - footer)) : at % damaged.length] = value;
          writeFileSync(path, damaged);
          try {
            for (const { name, repeated } of openParquet(path).columns)
              if (!repeated) readParquetColumn(path, name, 100);
          } catch (error) {
            if (!(error instanceof PareError)) throw error;
            expect(error.place).toEqual({ file: path });
          }
        },
      ),
      { numRuns: 1000 },
    );
  }, 120_000);
});
