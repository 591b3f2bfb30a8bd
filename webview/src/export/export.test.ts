import type { Measurement, RunResult } from '@pare/server/protocol/run';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';
import { toMarkdown } from './markdown.ts';

const measurement = (bytes: number, p50: number): Measurement => ({
  bytes,
  parameters: 10,
  zeros: 0,
  macs: 20,
  latencyMs: { p50, p95: p50 * 2 },
  throughput: 1000 / p50,
  memoryBytes: null,
  accuracy: null,
});

const run = (layers: RunResult['layers'], model = 'm.onnx'): RunResult => ({
  run: 'r',
  status: 'done',
  recipe: 'r.pare.yaml',
  model,
  started: '',
  seconds: 1,
  tool: 'pare',
  steps: [],
  before: measurement(400, 2),
  after: measurement(100, 1),
  latencyRatio: null,
  comparison: null,
  layers,
  budget: [{ name: 'size', limit: 90, actual: 100, met: false }],
  artifacts: { folder: '', model: null, report: null },
  error: null,
});

const layer = (name: string): RunResult['layers'][number] => ({
  layer: name,
  op: 'Conv',
  parameters: 1,
  macs: 1,
  bytesBefore: 4,
  bytesAfter: 1,
  changes: [],
});

/** A reader of RFC 4180, to look at what the writer made. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const match = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    match.lastIndex = at;
    const [all, quoted, plain, end] = match.exec(text)!;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') rows.push([]);
    at += all!.length;
  }
  rows.pop();
  return rows;
}

describe('toCsv', () => {
  it('keeps every layer, whatever its name', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 5 }), (names) => {
        const rows = readCsv(toCsv(run(names.map(layer))));
        expect(new Set(rows.map((row) => row.length))).toEqual(new Set([5]));
        const found = rows.filter(([section]) => section === 'layer').map((row) => row[1]!);
        expect(found.map((name, index) => (name === `'${names[index]}` ? name.slice(1) : name))).toEqual(
          names,
        );
      }),
    );
  });

  it('gives figures unrounded, and nothing for what was not measured', () => {
    const rows = readCsv(toCsv(run([])));
    expect(rows.find((row) => row[2] === 'latency-p50-ms')).toEqual([
      'model',
      'm.onnx',
      'latency-p50-ms',
      '2',
      '1',
    ]);
    expect(rows.find((row) => row[2] === 'memory-bytes')?.slice(3)).toEqual(['', '']);
  });

  it('lets no name become a formula', () => {
    expect(toCsv(run([], '=HYPERLINK("x")'))).not.toMatch(/(^|,|")=/m);
  });
});

describe('toMarkdown', () => {
  it('keeps tables whole, whatever a layer is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const rows = toMarkdown(run([layer(name)]))
          .split('\n')
          .filter((line) => line.startsWith('|') && line.includes('Conv'));
        expect(rows).toHaveLength(1);
        expect(rows[0]!.replace(/\\./gs, '').split('|')).toHaveLength(8);
      }),
    );
  });

  it('says what the budget missed', () => {
    expect(toMarkdown(run([]))).toContain('| Size | 90 B | 100 B | missed |');
  });
});
