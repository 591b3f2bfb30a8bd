import type { RunEvent } from '@pare/server/protocol/run';
import { describe, expect, it } from 'vitest';
import { advance, nothingYet } from './state.ts';

const time = '2026-01-01T00:00:00.000Z';
const started: RunEvent = {
  type: 'run-started',
  time,
  run: 'r1',
  folder: '/runs/r1',
  recipe: 'a.pare.yaml',
  steps: ['prune', 'quantize'],
};

describe('advance', () => {
  it('follows a run from its first event on', () => {
    const events: RunEvent[] = [
      started,
      { type: 'step-started', time, step: 0, name: 'prune' },
      { type: 'progress', time, step: 0, what: 'pruning', done: 1, total: 4, remainingMs: 30 },
      { type: 'metric', time, step: 0, name: 'loss', value: 2, at: 0 },
      { type: 'metric', time, step: 0, name: 'loss', value: 1, at: 1 },
      { type: 'step-finished', time, step: 0, name: 'prune', cached: false, ms: 12, bytes: 100, model: 'm' },
      { type: 'step-started', time, step: 1, name: 'quantize' },
    ];
    const state = events.reduce(advance, nothingYet);
    expect(state.steps.map(({ name, status, bytes }) => [name, status, bytes])).toEqual([
      ['prune', 'done', 100],
      ['quantize', 'running', null],
    ]);
    expect(state.steps[0]!.metrics.loss).toEqual([
      { at: 0, value: 2 },
      { at: 1, value: 1 },
    ]);
    expect(state.progress, 'of a step that is over').toBeNull();
  });

  it('forgets the run before when another starts', () => {
    const log: RunEvent = { type: 'log', time, level: 'info', message: 'hello' };
    const state = [started, log, { ...started, run: 'r2', steps: [] }].reduce(advance, nothingYet);
    expect(state).toEqual({ ...nothingYet, run: 'r2', recipe: 'a.pare.yaml' });
  });

  it('keeps the end of a long log', () => {
    const logs = Array.from(
      { length: 1000 },
      (_, index): RunEvent => ({ type: 'log', time, level: 'info', message: String(index) }),
    );
    const state = logs.reduce(advance, nothingYet);
    expect(state.logs.length).toBeLessThan(1000);
    expect(state.logs.at(-1)?.message).toBe('999');
  });
});
