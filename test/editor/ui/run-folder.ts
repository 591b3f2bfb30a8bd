import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent, RunResult } from '../../../server/src/protocol/run.ts';
import { until } from '../until.ts';
import type { TestWorkspace } from '../workspace.ts';

/** The folders of the workspace's runs, oldest first. */
export function runFolders(workspace: TestWorkspace): readonly string[] {
  const runs = workspace.path('.pare/runs');
  return existsSync(runs)
    ? readdirSync(runs)
        .sort()
        .map((name) => join(runs, name))
    : [];
}

export function eventsOf(folder: string): readonly RunEvent[] {
  const path = join(folder, 'events.ndjson');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
}

export const resultOf = (folder: string, patienceMs?: number): Promise<RunResult> =>
  until(
    `the result of ${folder}`,
    () => {
      const path = join(folder, 'result.json');
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunResult) : undefined;
    },
    patienceMs,
  );

/** Waits until the newest run has finished a step, and gives its folder and its process. */
export const runAtWork = (
  workspace: TestWorkspace,
): Promise<{ readonly folder: string; readonly pid: number }> =>
  until('a run that has finished a step', () => {
    const folder = runFolders(workspace).at(-1);
    if (!folder || !eventsOf(folder).some(({ type }) => type === 'step-finished')) return undefined;
    const { pid } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { pid: number };
    return { folder, pid };
  });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What must not depend on how a run came to its end. */
export const essence = ({ status, after, steps, comparison }: RunResult) => ({
  status,
  bytes: after?.bytes,
  zeros: after?.zeros,
  accuracy: after?.accuracy,
  steps: steps.map(({ name, settings, bytes, notes }) => ({ name, settings, bytes, notes })),
  comparison,
});
