import { createEta } from '../../base/eta.ts';
import { formatDuration } from '../../base/units.ts';
import type { Io } from '../define.ts';

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** The process's own streams as a command sees them: documents on stdout, everything else on stderr where JSON is asked for. */
export function terminal({ json, quiet, signal }: TerminalOptions): Io {
  const { stdout, stderr } = process;
  const people = json ? stderr : stdout;
  const bar = createBar(!quiet && stderr.isTTY === true);
  return {
    json,
    quiet,
    signal,
    log: (line) => {
      bar.clear();
      if (!quiet) people.write(`${line}\n`);
    },
    progress: bar.draw,
    progressDone: bar.clear,
    emit: (line) => stdout.write(`${line}\n`),
  };
}

/** A bar on the last line of the terminal, redrawn at most ten times a second. */
function createBar(enabled: boolean) {
  let what = '';
  let eta = createEta();
  let drawnAt = 0;
  let drawn = false;
  const clear = () => {
    if (drawn) process.stderr.write('\r\x1b[K');
    drawn = false;
  };
  const draw = (done: number, total: number, now: string) => {
    if (!enabled) return;
    if (now !== what) {
      what = now;
      eta = createEta();
      drawnAt = 0;
    }
    const remaining = eta.note(done, total);
    const at = performance.now();
    if (at - drawnAt < 100 && done < total) return;
    drawnAt = at;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * 24);
    const left = remaining === null || done >= total ? '' : `  ${formatDuration(remaining)} left`;
    const line = `${what} [${'='.repeat(filled)}${' '.repeat(24 - filled)}] ${Math.round(share * 100)} %${left}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    drawn = true;
  };
  return { draw, clear };
}
