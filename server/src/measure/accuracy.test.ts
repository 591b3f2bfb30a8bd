import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyOf } from './accuracy.ts';
import { comparePredictions } from './compare.ts';

const classes = 4;
const pairs = fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1), fc.nat(classes - 1)), {
  minLength: 1,
  maxLength: 60,
});
const column = (rows: readonly (readonly number[])[], index: number) =>
  Int32Array.from(rows, (row) => row[index]!);

describe('accuracyOf', () => {
  it('counts as counting one by one does', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const count = (test: (label: number, prediction: number) => boolean) =>
          rows.filter(([label, prediction]) => test(label, prediction)).length;
        const found = accuracyOf(column(rows, 1), column(rows, 0), classes);
        expect(found.correct).toBe(count((label, prediction) => label === prediction));
        expect(found.value).toBe(found.correct / rows.length);
        for (let c = 0; c < classes; c++) {
          const hits = count((label, prediction) => label === c && prediction === c);
          const actual = count((label) => label === c);
          const predicted = count((_, prediction) => prediction === c);
          expect(found.classes[c]).toEqual({
            name: String(c),
            samples: actual,
            precision: predicted ? hits / predicted : 0,
            recall: actual ? hits / actual : 0,
          });
          for (let p = 0; p < classes; p++)
            expect(found.confusion[c]![p]).toBe(
              count((label, prediction) => label === c && prediction === p),
            );
        }
      }),
    );
  });

  it('has no matrix of very many classes', () => {
    const found = accuracyOf(Int32Array.of(0, 49_999, 3), Int32Array.of(0, 49_999, 4), 50_000);
    expect(found).toMatchObject({ correct: 2, samples: 3, confusion: [] });
    expect(found.classes[49_999]).toMatchObject({ samples: 1, precision: 1, recall: 1 });
  });

  it('names classes as the data do, and others by their number', () => {
    const { classes } = accuracyOf(Int32Array.of(0, 1), Int32Array.of(0, 2), 3, ['cat', 'dog']);
    expect(classes.map(({ name }) => name)).toEqual(['cat', 'dog', '2']);
  });
});

describe('comparePredictions', () => {
  it('counts as counting one by one does', () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const [labels, before, after] = [column(rows, 0), column(rows, 1), column(rows, 2)];
        const found = comparePredictions(before, after, labels);
        const changed = rows.flatMap(([label, from, to], index) =>
          from === to ? [] : [{ index, label, before: from, after: to }],
        );
        expect(found.agreement).toBe((rows.length - changed.length) / rows.length);
        expect(found.broken).toBe(changed.filter((row) => row.before === row.label).length);
        expect(found.mended).toBe(changed.filter((row) => row.after === row.label).length);
        expect(found.changed).toEqual(changed);
        // What is broken and mended is the change in the number of right answers.
        const right = (values: Int32Array) => accuracyOf(values, labels, classes).correct;
        expect(right(after) - right(before)).toBe(found.mended - found.broken);
      }),
    );
  });

  it('breaks and mends nothing without labels, and lists a hundred at most', () => {
    const found = comparePredictions(new Int32Array(150), new Int32Array(150).fill(1), undefined);
    expect(found).toMatchObject({ agreement: 0, samples: 150, broken: 0, mended: 0 });
    expect(found.changed).toHaveLength(100);
    expect(found.changed[0]).toEqual({ index: 0, label: -1, before: 0, after: 1 });
  });
});
