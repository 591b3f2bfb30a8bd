import { formatBytes, formatDuration, formatPercent } from '@pare/server/units';
import { h } from '../dom.ts';
import type { RunState, StepState } from '../state.ts';
import { curves } from './curves.ts';
import { summary } from './summary.ts';

const marks: Readonly<Record<StepState['status'], string>> = {
  waiting: '○',
  running: '◐',
  done: '●',
  cached: '●',
};

/** A run at work: its steps, how far the present one is, and what has been measured so far. */
export function live(state: RunState): HTMLElement {
  return h(
    'section',
    { id: 'live' },
    progressBar(state),
    h(
      'ol',
      { class: 'steps live' },
      state.steps.map(({ name, status, ms, bytes }) =>
        h(
          'li',
          { 'aria-current': status === 'running' ? 'step' : undefined },
          h('span', { 'aria-hidden': 'true' }, `${marks[status]} `),
          h('strong', {}, name),
          h(
            'span',
            { class: 'quiet' },
            ` ${status === 'cached' ? 'from the cache' : status}`,
            ms !== null && status === 'done' && `, ${formatDuration(ms)}`,
            bytes !== null && `, ${formatBytes(bytes)}`,
          ),
        ),
      ),
    ),
    (state.before || state.after) && summary(state.before, state.after, []),
    state.steps.map(({ name, metrics }) => curves(name, metrics)),
    state.logs.length > 0 &&
      h(
        'details',
        {},
        h('summary', {}, 'Log'),
        h('pre', {}, state.logs.map(({ level, message }) => `${level}: ${message}`).join('\n')),
      ),
  );
}

function progressBar({ progress }: RunState): HTMLElement {
  if (!progress)
    return h(
      'div',
      { class: 'progress' },
      h('progress', { 'aria-label': 'Working' }),
      h('span', {}, 'Working …'),
    );
  const { what, done, total, remainingMs } = progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return h(
    'div',
    { class: 'progress' },
    h('progress', { max: 1, value: share, 'aria-label': what }),
    h(
      'span',
      {},
      `${what}: ${formatPercent(share, 0)}${remainingMs === null ? '' : `, ${formatDuration(remainingMs)} left`}`,
    ),
  );
}
