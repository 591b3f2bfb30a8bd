import type { Measurement } from '@pare/server/protocol/run';
import { describe, expect, it } from 'vitest';
import { budgetWords, figures, type Paired } from './figures.ts';

const measured = (bytes: number, p50: number, accuracy: number): Measurement => ({
  bytes,
  parameters: 100,
  zeros: 0,
  macs: 1000,
  latencyMs: { p50, p95: p50 },
  throughput: 1000 / p50,
  memoryBytes: null,
  accuracy: { value: accuracy, low: 0, high: 1, correct: 0, samples: 1000, classes: [], confusion: [] },
});

const row = (
  name: string,
  before: Measurement | null,
  after: Measurement | null,
  given: Paired | null = null,
) => figures(before, after, given).find((figure) => figure.name === name);

describe('figures', () => {
  it('says which way is better', () => {
    expect(row('Size', measured(400, 1, 0.9), measured(100, 1, 0.9))).toMatchObject({
      change: '−75.0 %',
      better: true,
    });
    expect(row('Throughput', measured(1, 1, 0.9), measured(1, 2, 0.9))?.better).toBe(false);
    expect(row('Parameters', measured(1, 1, 0.9), measured(1, 1, 0.9))?.better).toBeNull();
  });

  it('leaves out what was not measured, and compares nothing with nothing', () => {
    expect(row('Memory, peak', measured(1, 1, 0.9), measured(1, 1, 0.9))).toBeUndefined();
    expect(row('Size', measured(400, 1, 0.9), null)).toMatchObject({
      before: '400 B',
      after: '–',
      change: '',
    });
    expect(figures(null, null)).toEqual([]);
  });

  it('has a row for each error of each output that is compared with targets', () => {
    const scored = (mae: number, accuracy: number): Measurement => ({
      ...measured(1, 1, 0.9),
      targets: [
        { kind: 'values', output: 'price', samples: 10, mae, rmse: 2 * mae },
        { kind: 'classes', output: 'kind', samples: 10, accuracy },
      ],
    });
    const [before, after] = [scored(0.5, 0.8), scored(0.25, 0.9)];
    expect(row('price: mean absolute error', before, after)).toMatchObject({
      before: '0.5000',
      after: '0.2500',
      change: '−50.0 %',
      better: true,
    });
    expect(row('price: root mean square error', after, before)?.better).toBe(false);
    expect(row('kind: accuracy', before, after)).toMatchObject({
      change: '+10.00\u00a0points',
      better: true,
    });
  });

  it('calls a change that chance explains neither better nor worse', () => {
    const given = (broken: number, mended: number, low: number, high: number): Paired => ({
      latencyRatio: { value: (low + high) / 2, low, high },
      comparison: { agreement: 0.9, samples: 1000, broken, mended, changed: [] },
    });
    const [before, after] = [measured(1, 2, 0.9), measured(1, 1.9, 0.9)];
    expect(row('Accuracy', before, after, given(23, 29, 1, 1))?.better).toBeNull();
    expect(row('Accuracy', before, after, given(60, 20, 1, 1))).toMatchObject({
      change: '−4.00\u00a0points',
      better: false,
    });
    expect(row('Latency, median', before, after, given(0, 0, 0.9, 1.02))?.better).toBeNull();
    expect(row('Latency, median', before, after, given(0, 0, 0.5, 0.6))).toMatchObject({
      change: '−45.0 % (−50.00\u00a0to\u00a0−40.00)',
      better: true,
    });
  });
});

it('says of a limit that was not measured that it is missed', () => {
  expect(budgetWords({ name: 'memory', limit: 1e6, actual: null, met: false })).toEqual({
    name: 'Memory, peak',
    limit: '1.00 MB',
    actual: 'not measured',
    verdict: 'missed',
  });
});
