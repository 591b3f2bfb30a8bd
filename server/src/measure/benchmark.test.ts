import { describe, expect, it } from 'vitest';
import { ortRunner } from '../runtime/session.ts';
import type { Session } from '../steps/runner.ts';
import { benchmark, type Contestant } from './benchmark.ts';
import { towerOf } from './classifiers.testing.ts';
import { inputsFor } from './inputs.ts';

async function contestant(layers: number): Promise<Contestant & { readonly session: Session }> {
  const session = await ortRunner.open(towerOf(layers, 128), { threads: 1 });
  return { session, feeds: await inputsFor(session, 1) };
}

describe('benchmark', () => {
  it('finds the model with many times the work slower, in either order', async () => {
    const [small, large] = [await contestant(2), await contestant(40)];
    for (const order of [
      [small, large],
      [large, small],
    ]) {
      const { ratios, timings, rounds } = await benchmark(order, { rounds: 6, budgetMs: 1000 });
      const [first, second] = ratios;
      expect(first).toEqual({ value: 1, low: 1, high: 1 });
      expect(second!.low).toBeLessThanOrEqual(second!.value);
      expect(second!.high).toBeGreaterThanOrEqual(second!.value);
      expect(second!.value > 1).toBe(order[0] === small);
      expect(rounds).toBeGreaterThanOrEqual(5);
      for (const { p50, p95, runs } of timings) {
        expect(p95).toBeGreaterThanOrEqual(p50);
        expect(runs).toBeGreaterThanOrEqual(rounds);
      }
    }
    await small.session.close();
    await large.session.close();
  });

  it('counts samples, not runs', async () => {
    const one = await contestant(2);
    const { timings } = await benchmark([one, { ...one, samples: 1000 }], { rounds: 5, budgetMs: 500 });
    expect(timings[1]!.throughput / timings[0]!.throughput).toBeGreaterThan(50);
    await one.session.close();
  });

  it('keeps to the rounds, says how far it is, and can be cancelled', async () => {
    const only = await contestant(2);
    const seen: (readonly number[])[] = [];
    await benchmark([only], { rounds: 3, progress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    const controller = new AbortController();
    await expect(
      benchmark([only], {
        signal: controller.signal,
        progress: (done) => {
          expect(done).toBe(1);
          controller.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    await only.session.close();
  });
});
