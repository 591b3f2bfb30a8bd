import type { RunResult } from '@pare/server/protocol/run';
import { type Child, h } from '../dom.ts';
import { changed } from './changed.ts';
import { classes } from './classes.ts';
import { confusion } from './confusion.ts';
import { layers } from './layers.ts';
import { steps } from './steps.ts';
import { summary } from './summary.ts';

/** A finished run, whole. */
export function result(run: RunResult): Child[] {
  const [before, after] = [run.before?.accuracy ?? null, run.after?.accuracy ?? null];
  return [
    run.error && problem(run.error.message, run.error.hint, run.error.code),
    summary(run.before, run.after, run.budget, run),
    layers(run.layers),
    classes(before, after),
    confusion(before, after),
    changed(run.comparison, (after ?? before)?.classes.map(({ name }) => name) ?? []),
    steps(run.steps),
    origin(run),
  ];
}

export const problem = (message: string, hint: string | null, code: string | null): HTMLElement =>
  h(
    'div',
    { class: 'problem', role: 'alert' },
    h('p', {}, h('strong', {}, message), code && h('code', {}, ` ${code}`)),
    hint && h('p', {}, hint),
  );

function origin(run: RunResult): HTMLElement {
  const rows: readonly (readonly [string, string | null])[] = [
    ['Run', run.run],
    ['Started', run.started],
    ['Took', `${run.seconds.toFixed(1)} s`],
    ['Recipe', run.recipe],
    ['Model', run.model],
    ['Compressed model', run.artifacts.model],
    ['Folder', run.artifacts.folder],
    ['Made by', run.tool],
  ];
  return h(
    'section',
    { id: 'origin' },
    h('h2', {}, 'Where it comes from'),
    h(
      'dl',
      {},
      rows.map(([name, value]) => value !== null && [h('dt', {}, name), h('dd', {}, value)]),
    ),
  );
}
