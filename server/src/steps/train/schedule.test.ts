import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateAt, type Schedule } from './schedule.ts';

const curve = (schedule: Schedule, total = 101) =>
  Array.from({ length: total }, (_, step) => rateAt(schedule, 0.1, step, total));

describe('schedules', () => {
  it('a cosine falls from the base rate to zero, half of it in the middle', () => {
    const rates = curve({ kind: 'cosine' });
    expect(rates[0]).toBeCloseTo(0.1);
    expect(rates[50]).toBeCloseTo(0.05);
    expect(rates[100]).toBeCloseTo(0);
  });

  it('steps multiply by the factor at each share', () => {
    const rates = curve({ kind: 'step', at: [0.5, 0.75], factor: 0.1 });
    expect([rates[49], rates[50], rates[75]].map((rate) => Number(rate!.toFixed(6)))).toEqual([
      0.1, 0.01, 0.001,
    ]);
  });

  it('one cycle peaks at three tenths', () => {
    const rates = curve({ kind: 'one-cycle' });
    expect(rates.indexOf(Math.max(...rates))).toBe(30);
    expect(rates[0]).toBeCloseTo(0.004);
    expect(rates[100]!).toBeLessThan(1e-6);
  });

  it('every schedule stays between zero and the base rate, warm-up included', () => {
    const kind = fc.constantFrom('constant', 'cosine', 'one-cycle');
    fc.assert(
      fc.property(kind, fc.nat(20), fc.integer({ min: 1, max: 200 }), (name, warmup, total) => {
        const schedule = { kind: name, warmup } as Schedule;
        for (let step = 0; step < total; step++) {
          const rate = rateAt(schedule, 0.1, step, total);
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(0.1 + 1e-12);
        }
      }),
    );
  });
});
