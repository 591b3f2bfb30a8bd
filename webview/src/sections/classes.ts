import type { Accuracy } from '@pare/server/protocol/run';
import { formatPercent } from '@pare/server/units';
import { chart } from '../chart.ts';
import { h } from '../dom.ts';
import { table } from '../table.ts';

const mostBars = 50;

/** Recall and precision of each class before and after: a mean can hide a class that was lost. */
export function classes(before: Accuracy | null, after: Accuracy | null): HTMLElement | null {
  const names = (after ?? before)?.classes ?? [];
  if (names.length === 0) return null;
  const recall = (accuracy: Accuracy | null, index: number) => accuracy?.classes[index]?.recall ?? null;
  const percent = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : formatPercent(value, 1);
  const order = names.map((_, index) => index);
  const loss = (index: number) => (recall(after, index) ?? 0) - (recall(before, index) ?? 0);
  const worst = before && after ? [...order].sort((a, b) => loss(a) - loss(b))[0] : undefined;
  const shown =
    names.length <= mostBars ? order : [...order].sort((a, b) => loss(a) - loss(b)).slice(0, mostBars);
  const lowest = Math.min(
    ...shown.flatMap((index) => [recall(before, index) ?? 1, recall(after, index) ?? 1]),
  );
  // From zero where a class is really bad; otherwise close enough to see a difference of a point.
  const from = lowest > 0.4 ? Math.floor(lowest * 10 - 0.5) / 10 : 0;
  const name = (index: number) => names[index]!.name;
  return h(
    'section',
    { id: 'classes' },
    h('h2', {}, 'Classes'),
    shown.length < names.length &&
      h(
        'p',
        { class: 'quiet' },
        `The chart shows the ${shown.length} classes that lost most, of ${names.length}.`,
      ),
    chart({
      kind: 'bar',
      summary: `Recall of ${shown.length} classes before and after.${
        worst === undefined
          ? ''
          : loss(worst) < 0
            ? ` ${name(worst)} lost most: ${percent(recall(before, worst))} before, ${percent(recall(after, worst))} after.`
            : ' No class lost any.'
      }`,
      labels: shown.map(name),
      series: [
        ...(before
          ? [
              {
                name: 'Before',
                colour: 'before' as const,
                values: shown.map((index) => recall(before, index)),
              },
            ]
          : []),
        ...(after
          ? [{ name: 'After', colour: 'after' as const, values: shown.map((index) => recall(after, index)) }]
          : []),
      ],
      ...(from > 0 ? { from } : {}),
      format: (value) => formatPercent(value, 1),
      axis: from > 0 ? `Recall, from ${formatPercent(from, 0)}` : 'Recall',
      table: table(
        'Classes',
        [
          { name: 'Class' },
          { name: 'Samples', numeric: true },
          { name: 'Recall before', numeric: true },
          { name: 'Recall after', numeric: true },
          { name: 'Change, points', numeric: true },
          { name: 'Precision before', numeric: true },
          { name: 'Precision after', numeric: true },
        ],
        order.map((index) => [
          name(index),
          String(names[index]!.samples),
          percent(recall(before, index)),
          percent(recall(after, index)),
          before && after ? (loss(index) * 100).toFixed(1).replace('-', '−') : '–',
          percent(before?.classes[index]?.precision),
          percent(after?.classes[index]?.precision),
        ]),
      ),
    }),
  );
}
