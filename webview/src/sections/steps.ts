import type { StepReport } from '@pare/server/protocol/run';
import { formatBytes, formatDuration } from '@pare/server/units';
import { h } from '../dom.ts';
import { table } from '../table.ts';
import { curves } from './curves.ts';

/** What each step did, with its settings and its reasons. */
export function steps(reports: readonly StepReport[]): HTMLElement | null {
  if (reports.length === 0) return null;
  return h(
    'section',
    { id: 'steps' },
    h('h2', {}, 'Steps'),
    h(
      'ol',
      { class: 'steps' },
      reports.map((step) =>
        h(
          'li',
          {},
          h('strong', {}, step.name),
          h(
            'span',
            { class: 'quiet' },
            ` ${formatBytes(step.bytes)}, ${step.cached ? 'taken from the cache' : formatDuration(step.ms)}`,
          ),
          h('code', { class: 'settings' }, settingsText(step.settings)),
          step.notes.length > 0 &&
            h(
              'ul',
              {},
              step.notes.map((note) => h('li', {}, note)),
            ),
          step.layers.length > 0 &&
            h(
              'details',
              {},
              h('summary', {}, `${step.layers.length} ${step.layers.length === 1 ? 'layer' : 'layers'}`),
              table(
                `${step.name}: layers`,
                [{ name: 'Layer' }, { name: 'Operator' }, { name: 'What was done' }],
                step.layers.map(({ layer, op, change }) => [layer, op, change]),
              ),
            ),
          curves(step.name, step.metrics),
        ),
      ),
    ),
  );
}

/** Settings as a recipe would have them, on one line. */
export function settingsText(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
