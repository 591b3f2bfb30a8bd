import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Provider } from '../base/providers.ts';
import { npyFile } from '../data/array-files.testing.ts';
import { ortRunner } from '../runtime/session.ts';
import type { Runner } from '../steps/runner.ts';
import { modelOf, normal } from '../steps/shared/step.testing.ts';
import { onProvider } from './on-provider.ts';
import { prepareRun } from './prepare.ts';
import { runRecipe } from './run-recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-provider-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** A provider that no build for this operating system has. */
const absent: Provider = process.platform === 'win32' ? 'coreml' : 'dml';

writeFileSync(join(folder, 'x.npy'), npyFile('<f4', [64, 2], normal(128)));
writeFileSync(
  join(folder, 'y.npy'),
  npyFile(
    '<i8',
    [64],
    BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i % 3)),
  ),
);
function recipe(provider: Provider): string {
  const path = join(folder, `${provider}.pare.yaml`);
  const data = '{images: x.npy, labels: y.npy}';
  writeFileSync(
    path,
    [
      'model: {input: [2], layers: [dense 4 relu, dense 3]}',
      `data: {train: ${data}, test: ${data}}`,
      `provider: ${provider}`,
      'steps: [finetune: {epochs: 1, validation: 25 %}, quantize: {}]',
    ].join('\n'),
  );
  return path;
}
const run = (provider: Provider, runner: Runner) =>
  runRecipe({
    recipe: recipe(provider),
    runner,
    signal: new AbortController().signal,
    onEvent: () => {},
  });

describe('execution providers', () => {
  it('that do not work end a run before it starts, at their place in the recipe', async () => {
    const failure = run(absent, ortRunner);
    await expect(failure).rejects.toMatchObject({
      code: 'provider-unavailable',
      hint: expect.stringContaining('--providers'),
      place: { file: expect.stringMatching(/:3:11$/), range: expect.anything() },
    });
    await expect(failure).rejects.toThrow(/does not work on this machine: \S/);
  });

  it('are never replaced by the processor without a word', async () => {
    const model = modelOf({ x: [1] }, (build) => build.op('Relu', ['x']));
    await expect(ortRunner.open(model, { provider: absent })).rejects.toMatchObject({
      code: 'session-failed',
    });
  });

  it('reach every session and measurement of a run; the processor is the default', async () => {
    const seen: (Provider | undefined)[] = [];
    /** Runs on the processor what is meant for another provider, and notes what it was meant for. */
    const noting: Runner = {
      ...ortRunner,
      providerFault: async () => undefined,
      open: (model, { provider, ...options } = {}) => {
        seen.push(provider);
        return ortRunner.open(model, options);
      },
      peakMemory: (model, { provider, ...options } = {}) => {
        seen.push(provider);
        return ortRunner.peakMemory(model, options);
      },
    };
    expect((await run('cuda', noting)).error).toBeNull();
    expect(seen.length).toBeGreaterThan(6);
    expect(new Set(seen)).toEqual(new Set(['cuda']));
    expect(await (await onProvider(noting, 'cuda')).blockedChannels()).toBeUndefined();
    expect(await onProvider(ortRunner, 'cpu')).toBe(ortRunner);
  });

  it('are part of what a cached result depends on', async () => {
    const [cpu, cuda] = [await prepareRun(recipe('cpu')), await prepareRun(recipe('cuda'))];
    expect(cpu.keys[0]).not.toBe(cuda.keys[0]);
  });
});
