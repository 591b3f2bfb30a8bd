import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { RunEvent, RunResult } from '../../server/src/protocol/run.ts';
import { loadWarnings } from '../../server/src/runtime/warnings.ts';
import { example, pare, root, temporaryFolder } from './pare.ts';

/** A copy of the example, so that its runs leave nothing behind. */
function copyOfExample(): { readonly folder: string; readonly recipe: string } {
  const folder = temporaryFolder();
  for (const name of readdirSync(example).filter((file) => file !== '.pare')) {
    copyFileSync(join(example, name), join(folder, name));
    chmodSync(join(folder, name), 0o644);
  }
  return { folder, recipe: join(folder, 'fashion.pare.yaml') };
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** Runs with events and does something when one of them comes; resolves to all events and the exit code. */
function watchRun(
  args: readonly string[],
  when: (event: RunEvent, child: ChildProcess) => void,
): Promise<{ readonly events: readonly RunEvent[]; readonly code: number | null; readonly ms: number }> {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [join(root, 'dist/pare.js'), 'run', ...args, '--events', 'ndjson'],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    const events: RunEvent[] = [];
    let acted = performance.now();
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as RunEvent;
      events.push(event);
      const before = child.killed || child.stdin!.writableEnded;
      when(event, child);
      if (!before && (child.killed || child.stdin!.writableEnded)) acted = performance.now();
    });
    child.on('close', (code) => done({ events, code, ms: performance.now() - acted }));
  });
}

describe('a run of the example', { timeout: 180_000 }, () => {
  it('is smaller, faster and as accurate, loads without a warning, and says where it comes from', async () => {
    const { recipe, folder } = copyOfExample();
    const source = sha256(join(folder, 'lenet5.onnx'));
    const outcome = await pare(['run', recipe, '--json']);
    expect(outcome.stderr).not.toContain('internal');
    const result = outcome.json() as RunResult;
    expect(result.status).toBe('done');
    expect(outcome.code).toBe(0);
    const { before, after, latencyRatio } = result;
    expect(after!.bytes / before!.bytes).toBeLessThanOrEqual(0.3);
    expect(before!.accuracy!.value - after!.accuracy!.value).toBeLessThanOrEqual(0.003);
    expect(after!.accuracy!.samples).toBe(10_000);
    expect(latencyRatio!.value).toBeLessThanOrEqual(0.9);
    expect(await loadWarnings({ path: result.artifacts.model! })).toEqual([]);
    expect(sha256(join(folder, 'lenet5.onnx'))).toBe(source);
    const inspected = (await pare(['inspect', result.artifacts.model!, '--json'])).json() as {
      readonly metadata: Record<string, string>;
      readonly bytes: number;
    };
    expect(inspected.metadata['pare.source.sha256']).toBe(source);
    expect(inspected.bytes).toBe(after!.bytes);
    const html = readFileSync(result.artifacts.report!, 'utf8');
    expect(html).toContain(`"run":"${result.run}"`);
    expect(html).not.toMatch(/(?:src|href)="https?:/);

    const again = (await pare(['run', recipe, '--json'])).json() as RunResult;
    expect(again.steps.map(({ cached }) => cached)).toEqual(again.steps.map(() => true));
    expect(sha256(again.artifacts.model!)).toBe(sha256(result.artifacts.model!));

    writeFileSync(recipe, readFileSync(recipe, 'utf8').replace('samples: 512', 'samples: 256'));
    const changed = (await pare(['run', recipe, '--json'])).json() as RunResult;
    expect(changed.steps.map(({ cached }) => cached)).toEqual([true, true, false]);
    const listed = (await pare(['runs', folder, '--json'])).json() as readonly { readonly status: string }[];
    expect(listed.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
  });

  it('ends within 2 s of a cancel, keeps its finished steps, and resumes', async () => {
    const { recipe, folder } = copyOfExample();
    const { events, code, ms } = await watchRun([recipe], (event, child) => {
      if (event.type === 'step-started' && event.name === 'quantize') child.stdin!.end('cancel\n');
    });
    expect(code).toBe(130);
    expect(ms).toBeLessThan(2000);
    const last = events.at(-1)!;
    expect(last.type === 'run-finished' && last.result.status).toBe('cancelled');
    const resumed = (await pare(['run', recipe, '--resume', '--json'])).json() as RunResult;
    expect(resumed.steps.map(({ name, cached }) => [name, cached])).toEqual([
      ['optimize', true],
      ['prune', true],
      ['quantize', false],
    ]);
    expect(resumed.status).toBe('done');
    expect(readdirSync(join(folder, '.pare', 'runs'))).toHaveLength(1);
  });

  it('that is killed leaves nothing broken, and resumes to the same model', async () => {
    const whole = copyOfExample();
    const reference = (await pare(['run', whole.recipe, '--json'])).json() as RunResult;
    const { recipe, folder } = copyOfExample();
    const { code } = await watchRun([recipe], (event, child) => {
      if (event.type === 'step-started' && event.name === 'quantize') child.kill('SIGKILL');
    });
    expect(code).toBeNull();
    const [interrupted] = (await pare(['runs', folder, '--json'])).json() as readonly {
      readonly status: string;
      readonly folder: string;
    }[];
    expect(interrupted!.status).toBe('interrupted');
    expect(existsSync(join(interrupted!.folder, 'result.json'))).toBe(false);
    const resumed = (await pare(['run', recipe, '--resume', '--json'])).json() as RunResult;
    expect(resumed.status).toBe('done');
    expect(resumed.artifacts.folder).toBe(interrupted!.folder);
    expect(sha256(resumed.artifacts.model!)).toBe(sha256(reference.artifacts.model!));
  });

  it('that misses its budget exits with 1 and keeps the model', async () => {
    const { recipe } = copyOfExample();
    writeFileSync(recipe, readFileSync(recipe, 'utf8').replace('size: 520 KB', 'size: 10 KB'));
    const outcome = await pare(['run', recipe, '--json']);
    const result = outcome.json() as RunResult;
    expect(outcome.code).toBe(1);
    expect(result.status).toBe('over-budget');
    expect(result.budget.find(({ name }) => name === 'size')).toMatchObject({
      met: false,
      limit: 10_000,
      actual: result.after!.bytes,
    });
    expect(existsSync(result.artifacts.model!)).toBe(true);
  });

  it('can be planned without running anything', async () => {
    const { recipe, folder } = copyOfExample();
    const outcome = await pare(['run', recipe, '--dry-run']);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('Nothing was run.');
    expect(existsSync(join(folder, '.pare'))).toBe(false);
  });
});
