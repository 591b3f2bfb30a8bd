/** The self-contained report: the run's result stands in the page itself. */
import type { RunResult } from '@pare/server/protocol/run';
import './style.css';
import { h } from './dom.ts';
import { header } from './header.ts';
import { problem, result } from './sections/result.ts';

const root = document.getElementById('root')!;
const text = document.getElementById('pare-result')?.textContent ?? '';
try {
  const run = JSON.parse(text) as RunResult;
  document.title = `Pare: ${run.run}`;
  const parts = h('div', {}, result(run));
  root.append(h('div', { class: 'top' }, header(run.run, run.status, [])), parts);
} catch (error) {
  root.append(problem('This report holds no result.', error instanceof Error ? error.message : null, null));
}
