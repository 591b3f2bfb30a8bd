import type { RunEvent } from '@pare/server/protocol/run';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notStarted, overallProgress } from './overall-progress.ts';

const time = '';
const started: RunEvent = {
  type: 'run-started',
  time,
  run: 'r',
  folder: '',
  recipe: '',
  steps: ['prune', 'quantize', 'encode'],
};
const happening: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({
    type: fc.constant('progress' as const),
    time: fc.constant(time),
    step: fc.option(fc.nat(5)),
    what: fc.string(),
    done: fc.integer({ min: -5, max: 200 }),
    total: fc.nat(100),
    remainingMs: fc.option(fc.nat()),
  }),
  fc.record({
    type: fc.constant('step-started' as const),
    time: fc.constant(time),
    step: fc.nat(5),
    name: fc.string(),
  }),
);

describe('overallProgress', () => {
  it('never falls and never passes one, whatever the runner says', () => {
    fc.assert(
      fc.property(fc.array(happening), (events) => {
        let overall = overallProgress(notStarted, started);
        for (const event of events) {
          const next = overallProgress(overall, event);
          expect(next.share).toBeGreaterThanOrEqual(overall.share);
          expect(next.share).toBeLessThanOrEqual(1);
          overall = next;
        }
      }),
    );
  });

  it('says the step, how much of it is done and the time left', () => {
    const overall = [
      started,
      { type: 'step-started', time, step: 1, name: 'quantize' } as const,
      { type: 'progress', time, step: 1, what: 'calibrating', done: 1, total: 2, remainingMs: 3200 } as const,
    ].reduce(overallProgress, notStarted);
    expect(overall.share).toBeCloseTo(1.5 / 4);
    expect(overall.message).toBe('quantize: calibrating 50 %, 3.20 s left');
  });

  it('starts anew with a new run', () => {
    const half = overallProgress({ steps: [], share: 0.5, message: '' }, started);
    expect(half.share).toBe(0);
  });
});
