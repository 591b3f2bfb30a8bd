import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../protocol/run.ts';
import { formatReport } from './report.ts';

const run = (names: readonly string[]): RunResult => ({
  run: 'r',
  status: 'done',
  recipe: 'r.pare.yaml',
  model: 'm.onnx',
  started: '',
  seconds: 1,
  tool: 'pare',
  steps: [],
  before: null,
  after: null,
  latencyRatio: null,
  comparison: null,
  layers: names.map((layer) => ({
    layer,
    op: 'Conv',
    parameters: 1,
    macs: 2,
    bytesBefore: 4,
    bytesAfter: 1,
    changes: [],
  })),
  budget: [],
  artifacts: { folder: '', model: null, report: null },
  error: null,
});

/** A reader of RFC 4180, to look at what the writer made. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (let at = 0; at < text.length; ) {
    const match = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y;
    match.lastIndex = at;
    const [all, quoted, plain, end] = match.exec(text)!;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\n') rows.push([]);
    at += all!.length;
  }
  return rows.slice(0, -1);
}

const names = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 5 });

describe('formatReport', () => {
  it('keeps every layer in CSV, whatever its name, and lets none become a formula', () => {
    fc.assert(
      fc.property(names, (given) => {
        const [, ...rows] = readCsv(formatReport(run(given), 'csv'));
        expect(rows.map((row) => row.length)).toEqual(given.map(() => 7));
        expect(rows.map(([name]) => name)).toEqual(
          given.map((name) => (/^[=+\-@\t\r]/.test(name) ? `'${name}` : name)),
        );
      }),
    );
  });

  it('keeps the tables of Markdown whole, whatever a layer is called', () => {
    fc.assert(
      fc.property(names, (given) => {
        const rows = formatReport(run(given), 'markdown')
          .split('\n')
          .filter((line) => line.startsWith('|') && line.includes('| Conv |'));
        expect(rows).toHaveLength(given.length);
        for (const row of rows) expect(row.replace(/\\./gs, '').split('|')).toHaveLength(9);
      }),
    );
  });
});
