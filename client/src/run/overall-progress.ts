import type { RunEvent } from '@pare/server/protocol/run';
import { formatDuration } from '@pare/server/units';

export interface Overall {
  readonly steps: readonly string[];
  /** Of the whole run, in 0..1; it never falls. */
  readonly share: number;
  /** What is being done, how much of it is done, and the time left. */
  readonly message: string;
}

export const notStarted: Overall = { steps: [], share: 0, message: 'Starting …' };

/** How far a run is: each step is one part of it, and the measurement at its end another. */
export function overallProgress(overall: Overall, event: RunEvent): Overall {
  const { steps } = overall;
  const reached = (parts: number) =>
    Math.max(overall.share, Math.min(1, parts / Math.max(1, steps.length + 1)));
  switch (event.type) {
    case 'run-started':
      return { ...notStarted, steps: event.steps };
    case 'step-started':
      return { ...overall, share: reached(event.step), message: event.name };
    case 'progress': {
      const within = event.total > 0 ? Math.min(1, Math.max(0, event.done / event.total)) : 0;
      const left = event.remainingMs === null ? '' : `, ${formatDuration(event.remainingMs)} left`;
      const name = event.step === null ? undefined : steps[event.step];
      const what = name && !event.what.includes(name) ? `${name}: ${event.what}` : event.what;
      return {
        ...overall,
        share: reached((event.step ?? steps.length) + within),
        message: `${what} ${Math.floor(within * 100)} %${left}`,
      };
    }
    case 'step-finished':
      return { ...overall, share: reached(event.step + 1) };
    case 'run-finished':
      return { ...overall, share: 1, message: event.result.status };
    case 'metric':
    case 'measured':
    case 'log':
      return overall;
  }
}
