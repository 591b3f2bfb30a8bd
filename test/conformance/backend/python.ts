import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where suites, environments and results are kept between runs, outside of the repository. */
export const cacheFolder = (): string => process.env.PARE_CACHE ?? join(homedir(), '.cache', 'pare');

/**
 * Runs scripts in a Python that has `requirements`: `PARE_PYTHON`, or an environment made for them in the cache. Undefined when
 * there is no Python to make one of. A script that fails throws.
 */
export function pythonFor(
  requirements: string,
): ((script: string, args: readonly string[]) => void) | undefined {
  const program = process.env.PARE_PYTHON ?? environment(requirements);
  if (!program) return undefined;
  return (script, args) => {
    const { status, signal, stderr } = spawnSync(program, [script, ...args], {
      stdio: ['ignore', 'inherit', 'pipe'],
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    if (status !== 0) throw new Error(`${script} ended with ${status ?? signal}:\n${stderr}`);
  };
}

function environment(requirements: string): string | undefined {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `python-${key}`);
  const program = join(
    folder,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const ready = join(folder, 'ready');
  if (existsSync(ready)) return program;
  mkdirSync(folder, { recursive: true });
  const run = (command: string, args: readonly string[]) =>
    spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  const made = ['python3', 'python'].some((name) => run(name, ['-m', 'venv', folder]));
  if (!made || !run(program, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]))
    return undefined;
  run(program, ['-c', `open(${JSON.stringify(ready)}, 'w').close()`]);
  return program;
}
