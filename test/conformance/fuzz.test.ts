import { expect, test } from 'vitest';
import { fuzz } from '../bench/fuzz/run.ts';

test('1,500 damaged and hostile models: no crash, no hang, no flood of memory', {
  timeout: 300_000,
}, async () => {
  const { looked, accepted, failures } = await fuzz({ count: 1500, seed: 20, jobs: 2 });
  expect(failures).toEqual([]);
  expect(looked).toBe(1500);
  // Mutants that are refused at once test the reader alone.
  expect(accepted).toBeGreaterThan(500);
});
