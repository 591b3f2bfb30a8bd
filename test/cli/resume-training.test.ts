import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { createRng } from '../../server/src/base/rng.ts';
import type { RunEvent, RunResult } from '../../server/src/protocol/run.ts';
import { example, pare, root, temporaryFolder } from './pare.ts';

const kills = 20;

/** A training of some seconds on a part of the example's data. */
function trainingRecipe(): string {
  const recipe = join(temporaryFolder(), 'train.pare.yaml');
  const data = (part: string, limit: number) =>
    `{images: ${join(example, `${part}-images-idx3-ubyte.gz`)}, labels: ${join(example, `${part}-labels-idx1-ubyte.gz`)}, normalize: {scale: 1/255}, limit: ${limit}}`;
  writeFileSync(
    recipe,
    [
      'model: {input: [1, 28, 28], layers: [conv 8 5x5 stride 2 batchnorm relu, dropout 20 %, dense 64 relu, dense 10]}',
      `data: {train: ${JSON.stringify(data('train', 3200)).slice(1, -1)}, test: ${JSON.stringify(data('t10k', 500)).slice(1, -1)}}`,
      'seed: 3',
      'steps:',
      '  - finetune: {epochs: 12, batch: 64, optimizer: adamw, shift: 2, average: 0.99, validation: 10 %}',
    ].join('\n'),
  );
  return recipe;
}

/** Resumes the run and kills it at its `after`-th sign of progress; false when it ended before. */
function runAndKill(recipe: string, after: number): Promise<boolean> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [join(root, 'dist/pare.js'), 'run', recipe, '--resume', '--events', 'ndjson'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let seen = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as RunEvent;
      if (event.type === 'progress' && event.step === 0 && ++seen >= after) child.kill('SIGKILL');
    });
    child.on('close', (code) => done(code === null));
  });
}

const weightsHash = ({ artifacts }: RunResult): string =>
  createHash('sha256').update(readFileSync(artifacts.model!)).digest('hex');

it(`a training killed at ${kills} random moments resumes to bit-identical weights`, {
  timeout: 600_000,
}, async () => {
  const reference = (await pare(['run', trainingRecipe(), '--json'])).json() as RunResult;
  expect(reference.status).toBe('done');
  const recipe = trainingRecipe();
  const rng = createRng(7);
  let killed = 0;
  while (killed < kills && (await runAndKill(recipe, 1 + rng.integer(6)))) killed++;
  const resumed = (await pare(['run', recipe, '--resume', '--json'])).json() as RunResult;
  console.log(`killed ${killed} times`);
  expect(killed).toBeGreaterThan(3);
  expect(resumed.status).toBe('done');
  expect(weightsHash(resumed)).toBe(weightsHash(reference));
});
