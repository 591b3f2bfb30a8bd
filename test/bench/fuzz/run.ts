import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Failure {
  readonly number: number;
  readonly kind: string;
  readonly failure: 'crash' | 'hang' | 'memory' | 'death';
  readonly message: string;
}

export interface FuzzResult {
  readonly looked: number;
  /** Mutants that are still models, so that all of Pare saw them. */
  readonly accepted: number;
  readonly failures: readonly Failure[];
}

/** What one mutant may take: the time is that of one file, watched from outside. */
const patience = 5_000;
const heapMegabytes = 900;

/** Runs `count` mutants of `seed` in `jobs` processes. A process that hangs or dies is replaced behind the mutant that did it. */
export async function fuzz(
  { count, seed, jobs }: { readonly count: number; readonly seed: number; readonly jobs: number },
  progress: (looked: number) => void = () => {},
): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'pare-fuzz-'));
  const failures: Failure[] = [];
  let [looked, accepted] = [0, 0];
  const line = (text: string) => {
    const entry = JSON.parse(text) as Failure | { readonly accepted: boolean };
    looked++;
    if ('failure' in entry) failures.push(entry);
    else if (entry.accepted) accepted++;
    if (looked % 1000 === 0) progress(looked);
  };
  const stretch = async (first: number) => {
    const status = join(folder, String(first));
    for (let from = first; from < count; ) {
      const end = await once([status, seed, from, count, jobs].map(String), status, line);
      if (end === undefined) return;
      failures.push(end);
      looked++;
      from = end.number + jobs;
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, (_, job) => stretch(job)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { looked, accepted, failures: failures.sort((a, b) => a.number - b.number) };
}

function once(
  args: readonly string[],
  status: string,
  line: (text: string) => void,
): Promise<Failure | undefined> {
  return new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        `--max-old-space-size=${heapMegabytes}`,
        join(import.meta.dirname, 'child.ts'),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [rest, errors, hung] = ['', '', false];
    let [last, since] = [-1, Date.now()];
    const number = () => {
      try {
        return Number(readFileSync(status, 'latin1').trim() || -1);
      } catch {
        return -1;
      }
    };
    const watch = setInterval(() => {
      const now = number();
      if (now !== last) [last, since] = [now, Date.now()];
      else if (now >= 0 && Date.now() - since > patience) {
        hung = true;
        child.kill('SIGKILL');
      }
    }, 250);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const text of lines) line(text);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors = (errors + chunk).slice(-2000)));
    child.on('error', fail).on('close', (code) => {
      clearInterval(watch);
      if (code === 0) return done(undefined);
      const at = number();
      if (at < 0) return fail(new Error(errors));
      const failure = hung ? 'hang' : 'death';
      done({ number: at, kind: '', failure, message: hung ? 'no end in 5 s' : errors.slice(0, 300) });
    });
  });
}
