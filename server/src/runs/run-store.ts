import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, PareError } from '../base/errors.ts';
import { writeAtomically } from '../onnx/files.ts';
import type { RunEvent, RunResult } from '../protocol/run.ts';

/** What `run.json` says of a run from its first moment. */
export interface RunHead {
  readonly run: string;
  readonly recipe: string;
  readonly started: string;
  readonly pid: number;
}

export type StoredStatus = RunResult['status'] | 'running' | 'interrupted';

export interface StoredRun {
  readonly head: RunHead;
  readonly folder: string;
  readonly status: StoredStatus;
  readonly result: RunResult | undefined;
}

/** Where the runs of a recipe are kept: `.pare/runs` beside it. */
export const runsFolder = (recipe: string): string => join(dirname(resolve(recipe)), '.pare', 'runs');

/** Makes the folder of a new run, named by time and recipe: `2026-01-31-120000-lenet`. Throws `cannot-write`. */
export function createRun(
  recipe: string,
  out: string | undefined,
  now: Date,
): { readonly folder: string; readonly run: string } {
  const time = now.toISOString().replace('T', '-').replace(/:/g, '').slice(0, 17);
  const name = basename(recipe)
    .replace(/\.pare\.ya?ml$|\.ya?ml$/, '')
    .replace(/[^\w.-]+/g, '-');
  const parent = runsFolder(recipe);
  let run = `${time}-${name}`;
  for (let i = 2; !out && existsSync(join(parent, run)); i++) run = `${time}-${name}-${i}`;
  const folder = out ? resolve(out) : join(parent, run);
  try {
    mkdirSync(join(folder, 'steps'), { recursive: true });
    writeFileSync(join(folder, '.writable'), '');
    if (!out) ignoreInGit(join(dirname(resolve(recipe)), '.pare'));
  } catch (error) {
    throw new PareError(
      'cannot-write',
      `The run's folder '${folder}' cannot be written: ${messageOf(error)}.`,
      { hint: 'Name a folder that you may write to with --out.', place: { file: folder } },
    );
  }
  return { folder, run };
}

/** Runs hold copies of models: they do not belong into version control. */
function ignoreInGit(folder: string): void {
  const path = join(folder, '.gitignore');
  if (!existsSync(path)) writeFileSync(path, '*\n');
}

export function writeJson(path: string, value: unknown): void {
  writeAtomically(path, [new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`)]);
}

/** Appends an event to the run's log: first there, then to whoever watches. */
export function appendEvent(folder: string, event: RunEvent): void {
  appendFileSync(join(folder, 'events.ndjson'), `${JSON.stringify(event)}\n`);
}

/** All runs in a folder of runs, newest first. Folders that hold no run are passed over. */
export function listRuns(folder: string): readonly StoredRun[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .reverse()
    .flatMap((name) => readRun(join(folder, name)) ?? []);
}

/** One run, or undefined when the folder holds none. */
export function readRun(folder: string): StoredRun | undefined {
  const head = readJson<RunHead>(join(folder, 'run.json'));
  if (!head) return undefined;
  const result = readJson<RunResult>(join(folder, 'result.json'));
  return { head, folder, result, status: result?.status ?? (isAlive(head.pid) ? 'running' : 'interrupted') };
}

/**
 * The run that a person means by a folder, a run's name, or nothing (the newest). Throws `no-run`.
 */
export function findRun(given: string | undefined, recipe = join(process.cwd(), 'x')): StoredRun {
  const runs = runsFolder(recipe);
  const found =
    given === undefined ? listRuns(runs)[0] : (readRun(resolve(given)) ?? readRun(join(runs, given)));
  if (!found)
    throw new PareError(
      'no-run',
      given === undefined ? `There is no run in '${runs}'.` : `There is no run '${given}'.`,
      { hint: '`pare runs` lists them; `pare run RECIPE` makes one.', place: { file: given ?? runs } },
    );
  return found;
}

function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? parse<T>(readFileSync(path, 'utf8')) : undefined;
}

function parse<T>(text: string): T | undefined {
  try {
    return text.trim() === '' ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
