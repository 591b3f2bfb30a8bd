import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../peers');

/** Where environments and what benchmarks generate are kept, outside of the checkout; `PARE_CACHE` names another folder. */
export const cacheFolder = (): string =>
  process.env.PARE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pare');

/**
 * The Python that holds the peers of a file in `peers/`, made once and kept outside of the checkout; `PARE_PEERS` names
 * another one that has them.
 */
export function peersPython(log: (line: string) => void, file = 'requirements.txt'): string {
  if (process.env.PARE_PEERS) return process.env.PARE_PEERS;
  const requirements = join(folder, file);
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const environment = join(cacheFolder(), `peers-${version}`);
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const complete = join(environment, 'complete');
  if (existsSync(complete)) return python;
  log(`Making the peers' environment in ${environment}, once.`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(environment, { recursive: true });
  must('python3', ['-m', 'venv', environment]);
  must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(complete, '');
  return python;
}

function must(command: string, args: readonly string[]): void {
  // An index that is out of reach is asked once, not six times with growing pauses.
  const env = { ...process.env, PIP_RETRIES: '0' };
  const { status, error, stderr } = spawnSync(command, [...args], { encoding: 'utf8', env });
  if (status !== 0)
    throw new Error(
      `'${command} ${args.join(' ')}' failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}. The peers need Python 3.11 or later with venv, and a package index.`,
    );
}

/** Runs a script of `peers/`; gives the JSON that is its last line on stdout, and the seconds that the whole process took. */
export async function runPeer<T>(
  python: string,
  script: string,
  args: readonly string[],
): Promise<{ readonly result: T; readonly seconds: number }> {
  const started = performance.now();
  const child = spawn(python, [join(folder, script), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const status = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  if (status !== 0) throw new Error(`${script} failed:\n${stderr.slice(-4000)}`);
  return {
    result: JSON.parse(stdout.trim().split('\n').at(-1)!) as T,
    seconds: (performance.now() - started) / 1000,
  };
}
