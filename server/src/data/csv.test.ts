import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';
import { describeDataset } from './facts.ts';
import { openDataset } from './open.ts';
import { dataSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(text: string, name = 'table.csv'): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const error = (code: string) =>
  expect.objectContaining({ code, place: { file: join(folder, 'table.csv') }, hint: expect.any(String) });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('readCsv', () => {
  it('reads back what was written, whatever the separator, the line ends and the quoting', () => {
    const cell = fc
      .string({ minLength: 1 })
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), cell, fc.integer()), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.boolean(),
        (separator, end, rows, last) => {
          const lines = [
            ['a', '"the class"', 'b'].join(separator),
            ...rows.map(([a, name, b]) => [a, quoted(name), `" ${b} "`].join(separator)),
          ];
          const path = file(lines.join(end) + (last ? end : ''));
          const table = readCsv(path, 'the class');
          expect(table.columns).toEqual(['a', 'b']);
          expect(table.labels).toEqual(rows.map(([, name]) => name));
          // Text has no negative zero of an integer.
          expect(Array.from(table.values, (value) => value + 0)).toEqual(
            rows.flatMap(([a, , b]) => [a + 0, b + 0]),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    ['a cell too many', 'a,b\n1,2\n3,4,5', 'data-format', /Line 3 .*3 cells.*2 columns/],
    ['text for a number', 'a,b\n1,2\n3,x', 'data-format', /'x' in line 3.*column 'b'/],
    ['an empty cell', 'a,b\n1,2\n3,', 'data-nan', /Sample 1 .*line 3.*'b'/],
    ['an open quote', 'a,b\n"1,2\n', 'data-format', /line 2 .*never closed/],
    ['text after a quote', 'a,b\n"1"x,2\n', 'data-format', /Line 2 .*closing quote/],
    ['nothing', '', 'data-format', /empty/],
  ])('refuses %s', (_, text, code, message) => {
    const path = file(text);
    expect(() => readCsv(path, undefined)).toThrow(error(code));
    expect(() => readCsv(path, undefined)).toThrow(message);
  });

  it('says which column may have been meant', () => {
    const path = file('width,species\n1,a');
    expect(() => readCsv(path, 'specie')).toThrow(error('data-labels'));
    expect(() => readCsv(path, 'specie')).toThrow(/Did you mean 'species'/);
  });
});

describe('a data set from a table', () => {
  const open = (value: Record<string, unknown>) =>
    openDataset(dataSource.parse({ images: 'table.csv', ...value }), folder, [2]);

  it('numbers named classes by the alphabet, or as they are listed', async () => {
    file('w,h,kind\n1,2,dog\n3,4,cat\n5,6,dog\n');
    const first = async (value: Record<string, unknown>) => {
      const dataset = await open(value);
      for await (const { input, labels } of dataset.batches(8))
        return { dataset, values: Array.from(input.data as Float32Array), labels: labels && [...labels] };
      return undefined;
    };
    const found = await first({ labels: 'kind', normalize: { scale: 2 } });
    expect(found).toMatchObject({ values: [2, 4, 6, 8, 10, 12], labels: [1, 0, 1] });
    expect(found!.dataset).toMatchObject({
      classes: 2,
      classNames: ['cat', 'dog'],
      size: 3,
      sampleShape: [2],
    });
    expect((await first({ labels: 'kind', classes: ['dog', 'cow', 'cat'] }))!.labels).toEqual([0, 2, 0]);
    await expect(open({ labels: 'kind', classes: ['dog'] })).rejects.toEqual(error('data-labels'));
    await expect(open({})).rejects.toEqual(error('data-format'));
    expect(describeDataset({ images: 'table.csv', labels: 'kind' }, folder)).toEqual({
      samples: 3,
      sampleShape: [2],
      labels: 3,
    });
  });

  it('keeps classes that are numbers, and has another hash for another label column', async () => {
    file('w,h,x,y\n1,2,0,2\n3,4,1,0\n');
    const opened = (labels: string) =>
      openDataset(dataSource.parse({ images: 'table.csv', labels }), folder, [3]);
    const [x, y] = [await opened('x'), await opened('y')];
    expect([x.classes, y.classes]).toEqual([2, 3]);
    expect(x.hash).not.toBe(y.hash);
  });
});
