import { spawn } from 'node:child_process';
import type { RunEvent } from '@pare/server/protocol/run';
import { lineReader } from './lines.ts';

export interface RunnerOptions {
  /** The editor's own Node, or Electron, which becomes one by an environment variable. */
  readonly node: string;
  /** Path of `pare.js`. */
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly onEvent: (event: RunEvent) => void;
  /** Lines of standard error, and lines of standard output that are no events. */
  readonly onLog: (line: string) => void;
}

export interface RunnerExit {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it said on standard error. */
  readonly stderr: string;
}

export interface RunnerProcess {
  readonly pid: number | undefined;
  /** Asks the run to end; it is ended by force when it does not within two seconds. */
  readonly cancel: () => void;
  readonly done: Promise<RunnerExit>;
}

/** Time that a cancelled run has to end in good order, and then to end on SIGTERM, before it is killed. */
const graceMs = { ask: 1000, terminate: 400 };
const keptStderr = 4000;

/** Starts Pare's command line in a process of its own: whatever happens to one of the two, the other goes on. */
export function startRunner(options: RunnerOptions): RunnerProcess {
  const child = spawn(options.node, [options.script, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a group of its own: closing the editor's window does not end a run of hours.
    detached: true,
    windowsHide: true,
  });
  let stderr = '';
  const out = lineReader((line) => {
    const event = parseEvent(line);
    if (event) options.onEvent(event);
    else options.onLog(line);
  });
  const err = lineReader((line) => {
    stderr = `${stderr}${line}\n`.slice(-keptStderr);
    options.onLog(line);
  });
  child.stdout.setEncoding('utf8').on('data', out);
  child.stderr.setEncoding('utf8').on('data', err);
  // A runner that is gone closes its end first; its exit says the rest.
  child.stdin.on('error', () => {});

  const done = new Promise<RunnerExit>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, stderr: error.message }));
    child.once('close', (code, signal) => {
      out(null);
      err(null);
      resolve({ code, signal, stderr: stderr.trimEnd() });
    });
  });
  let cancelled = false;
  return {
    pid: child.pid,
    done,
    cancel: () => {
      if (cancelled) return;
      cancelled = true;
      child.stdin.write('cancel\n');
      const timers = [
        setTimeout(() => child.kill('SIGTERM'), graceMs.ask),
        setTimeout(() => child.kill('SIGKILL'), graceMs.ask + graceMs.terminate),
      ];
      void done.then(() => timers.forEach(clearTimeout));
    },
  };
}

function parseEvent(line: string): RunEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as RunEvent;
    return typeof value.type === 'string' && typeof value.time === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
