import { formatCount } from '@pare/server/units';
import { chart } from '../chart.ts';
import { h } from '../dom.ts';
import { table } from '../table.ts';

type Points = readonly { readonly at: number; readonly value: number }[];

/** What a step recorded as it went: one line chart for each figure. */
export function curves(step: string, metrics: Readonly<Record<string, Points>>): readonly HTMLElement[] {
  return Object.entries(metrics).flatMap(([name, points]) => {
    const last = points.at(-1);
    if (!last || points.length < 2) return [];
    const values = points.map(({ value }) => value);
    return [
      h('h3', {}, `${step}: ${name}`),
      chart({
        kind: 'line',
        summary: `${name} of ${step}: ${points.length} values from ${short(values[0]!)} to ${short(last.value)}, between ${short(Math.min(...values))} and ${short(Math.max(...values))}.`,
        labels: points.map(({ at }) => String(at)),
        series: [{ name, colour: 'after', values }],
        format: short,
        axis: name,
        from: 'data',
        table: table(
          `${step}: ${name}`,
          [
            { name: 'At', numeric: true },
            { name, numeric: true },
          ],
          points.map(({ at, value }) => [String(at), short(value)]),
        ),
      }),
    ];
  });
}

const short = (value: number): string =>
  Math.abs(value) >= 1000 ? formatCount(value) : String(Number(value.toPrecision(4)));
