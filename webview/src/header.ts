import type { RunStatus } from '@pare/server/protocol/run';
import { type Child, h } from './dom.ts';

export type ShownStatus = RunStatus | 'running' | 'lost';

const words: Readonly<Record<ShownStatus, { readonly text: string; readonly mood: string }>> = {
  running: { text: 'running', mood: '' },
  done: { text: 'done', mood: 'good' },
  'over-budget': { text: 'over budget', mood: 'bad' },
  failed: { text: 'failed', mood: 'bad' },
  cancelled: { text: 'cancelled', mood: '' },
  lost: { text: 'stopped', mood: 'bad' },
};

/** The title line: which run, how it stands, and what can be done with it. */
export function header(title: string, status: ShownStatus, actions: readonly Child[]): HTMLElement {
  const { text, mood } = words[status];
  return h(
    'header',
    {},
    h('h1', {}, title),
    h('span', { class: `status ${mood}`, role: 'status' }, text),
    h('div', { class: 'actions' }, actions),
  );
}

export const action = (label: string, onclick: () => void): HTMLElement =>
  h('button', { type: 'button', onclick }, label);
