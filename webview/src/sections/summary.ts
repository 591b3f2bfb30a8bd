import type { BudgetLine, Measurement } from '@pare/server/protocol/run';
import { h } from '../dom.ts';
import { budgetWords, figures, type Paired } from '../figures.ts';
import { table } from '../table.ts';

/** Before and after, quantity by quantity, and what the budget says to it. */
export function summary(
  before: Measurement | null,
  after: Measurement | null,
  budget: readonly BudgetLine[],
  given: Paired | null = null,
): HTMLElement {
  const rows = figures(before, after, given);
  const tiles = rows.filter(
    ({ name, change }) => /^(Size|Latency, median|Memory|Accuracy)/.test(name) && change,
  );
  return h(
    'section',
    { id: 'summary' },
    h('h2', {}, 'Before and after'),
    h(
      'ul',
      { class: 'tiles' },
      tiles.map(({ name, before, after, change, better }) =>
        h(
          'li',
          {},
          h('span', { class: 'name' }, name),
          h('strong', { class: mood(better) }, change.replace(/ \(.*/, '')),
          h('span', { class: 'quiet' }, `${before.replace(/ \(.*/, '')} → ${after.replace(/ \(.*/, '')}`),
        ),
      ),
    ),
    table(
      'Measured on this machine, the two models in turn; intervals hold with 95 %',
      [
        { name: 'Quantity' },
        { name: 'Before', numeric: true },
        { name: 'After', numeric: true },
        { name: 'Change', numeric: true },
      ],
      rows.map(({ name, before, after, change, better }) => [
        name,
        before,
        after,
        h('span', { class: mood(better) }, change),
      ]),
    ),
    budget.length > 0 && [
      h('h2', {}, 'Budget'),
      table(
        'What the recipe asks for',
        [
          { name: 'Quantity' },
          { name: 'Limit', numeric: true },
          { name: 'Actual', numeric: true },
          { name: 'Verdict' },
        ],
        budget.map((line) => {
          const { name, limit, actual, verdict } = budgetWords(line);
          return [
            name,
            limit,
            actual,
            h('span', { class: line.met ? 'good' : 'bad' }, `${line.met ? '✓' : '✗'} ${verdict}`),
          ];
        }),
      ),
    ],
  );
}

const mood = (better: boolean | null): string => (better === null ? '' : better ? 'good' : 'bad');
