/** The benchmark panel: draws what the extension sends and sends back what the user asks for. */
import type { FromPanel, ToPanel } from '@pare/server/protocol/panel';
import './style.css';
import { h } from './dom.ts';
import { action, header, type ShownStatus } from './header.ts';
import { live } from './sections/live.ts';
import { problem, result } from './sections/result.ts';
import { advance, nothingYet, type RunState } from './state.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  setState(state: { readonly folder: string }): void;
};

const vscode = acquireVsCodeApi();
const root = document.getElementById('root')!;
const top = h('div', { class: 'top' });
const body = h('div');
root.append(top, body);

let state: RunState = nothingYet;
let folder = '';
/** Whether the runner works for this panel: only then can it be cancelled. */
let working = false;
let shownStatus: ShownStatus | undefined;
let asked = false;

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => {
  switch (data.type) {
    case 'follow':
      state = nothingYet;
      folder = data.folder;
      working = data.live;
      vscode.setState({ folder });
      break;
    case 'events':
      state = data.events.reduce(advance, state);
      break;
    case 'result':
      state = { ...state, result: data.result };
      break;
    case 'lost':
      state = { ...state, lost: data.message };
      break;
  }
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
});

function draw(): void {
  const status: ShownStatus = state.result?.status ?? (state.lost === null ? 'running' : 'lost');
  // The buttons stay the same elements while nothing about them changes, so that the focus stays where it is.
  if (status !== shownStatus || top.dataset.run !== (state.run ?? folder)) {
    top.replaceChildren(header(state.result?.run ?? state.run ?? 'Pare', status, actions(status)));
    top.dataset.run = state.run ?? folder;
    shownStatus = status;
    body.dataset.drawn = '';
  }
  if (state.result) {
    if (body.dataset.drawn !== state.result.run) body.replaceChildren(h('div', {}, result(state.result)));
    body.dataset.drawn = state.result.run;
  } else
    body.replaceChildren(h('div', {}, state.lost !== null && problem(state.lost, null, null), live(state)));
}

function actions(status: ShownStatus): readonly HTMLElement[] {
  const post = (message: FromPanel) => () => vscode.postMessage(message);
  if (status === 'running') return working ? [action('Cancel', post({ type: 'cancel' }))] : [];
  const resume = action('Resume', post({ type: 'resume' }));
  const run = state.result;
  if (!run) return [resume];
  const { model, folder: place } = run.artifacts;
  return [
    ...(status === 'cancelled' || status === 'failed' ? [resume] : []),
    action('Show files', post({ type: 'reveal', path: model ?? place })),
    action('Save as HTML', post({ type: 'export', format: 'html' })),
    action('Save as Markdown', post({ type: 'export', format: 'markdown' })),
    action('Save as CSV', post({ type: 'export', format: 'csv' })),
  ];
}

vscode.postMessage({ type: 'ready' });
