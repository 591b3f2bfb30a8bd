import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvent, RunResult } from '@pare/server/protocol/run';
import { lineReader } from './lines.ts';

/** What a run's folder holds. */
export interface StoredRun {
  readonly folder: string;
  readonly events: readonly RunEvent[];
  /** Null for a run that has not finished. */
  readonly result: RunResult | null;
  /** The process that still works at it, if any. */
  readonly pid: number | null;
}

/** Reads a run back; undefined when the folder holds none. */
export async function readStoredRun(folder: string): Promise<StoredRun | undefined> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const [events, result, head] = await Promise.all(['events.ndjson', 'result.json', 'run.json'].map(read));
  if (!events && !result) return undefined;
  const pid = parse<{ readonly pid?: unknown }>(head!)?.pid;
  return {
    folder,
    events: parseEvents(events!),
    result: parse<RunResult>(result!) ?? null,
    pid: !result && typeof pid === 'number' && isAlive(pid) ? pid : null,
  };
}

/** Folders of runs under a folder of runs, newest first: their names begin with the time. */
export async function storedRuns(runs: string): Promise<readonly string[]> {
  const entries = await readdir(runs, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(runs, name))
    .sort()
    .reverse();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parseEvents(text: string): readonly RunEvent[] {
  const events: RunEvent[] = [];
  // A crash can cut the last line off.
  const read = lineReader((line) => {
    const event = parse<RunEvent>(line);
    if (event) events.push(event);
  });
  read(text);
  read(null);
  return events;
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
