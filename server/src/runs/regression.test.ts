import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import type { RunEvent } from '../protocol/run.ts';
import { ortRunner } from '../runtime/session.ts';
import { runRecipe } from './run-recipe.ts';
import { summaryText } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-regression-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A table whose last column follows from the others, with noise of a known size. */
const noise = 0.1;
function table(name: string, rows: number, seed: number): void {
  const rng = createRng(seed);
  const lines = Array.from({ length: rows }, () => {
    const [a, b, c] = [rng.normal(), rng.normal(), rng.normal()];
    return [a, b, c, 3 * a - 2 * b + 0.5 * c + 1 + noise * rng.normal()].join();
  });
  writeFileSync(join(folder, name), `a,b,c,price\n${lines.join('\n')}\n`);
}

describe('a model of values', () => {
  it('is trained on a column of a table, and its errors are measured', async () => {
    table('train.csv', 600, 1);
    table('test.csv', 300, 2);
    const recipe = join(folder, 'price.pare.yaml');
    writeFileSync(
      recipe,
      [
        'model: {input: [3], layers: [dense 1]}',
        'data:',
        '  train: {images: train.csv, targets: {scores: price}}',
        '  test: {images: test.csv, targets: {scores: price}}',
        'steps:',
        '  - finetune: {epochs: 30, rate: 0.05, decay: 0, loss: huber}',
      ].join('\n'),
    );
    const events: RunEvent[] = [];
    const result = await runRecipe({
      recipe,
      runner: ortRunner,
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
    });
    expect(result.error).toBeNull();
    const [before, after] = [result.before!.targets![0]!, result.after!.targets![0]!];
    if (before.kind !== 'values' || after.kind !== 'values') throw new Error('values are measured');
    expect(before.rmse).toBeGreaterThan(1);
    // What cannot be learned is the noise: its root mean square, and its mean size sqrt(2 / pi) of that.
    expect(after.rmse).toBeGreaterThan(0.8 * noise);
    expect(after.rmse).toBeLessThan(1.2 * noise);
    expect(after.mae / after.rmse).toBeCloseTo(Math.sqrt(2 / Math.PI), 1);
    expect(result.after!.accuracy).toBeNull();
    expect(summaryText(result)).toContain('scores: root mean square error');
  });
});
