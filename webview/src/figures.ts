import type { BudgetLine, Measurement, RunResult } from '@pare/server/protocol/run';
import { formatBytes, formatCount, formatDuration, formatPercent } from '@pare/server/units';

/** One row of the comparison before and after. */
export interface Figure {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
  /** Whether the change is for the better; null where it is neither. */
  readonly better: boolean | null;
}

interface Quantity {
  readonly name: string;
  readonly value: (measurement: Measurement) => number | null;
  readonly format: (value: number, measurement: Measurement) => string;
  readonly wanted: 'less' | 'more' | 'either';
  readonly change?: (before: number, after: number) => string;
}

const points = (before: number, after: number): string => {
  const by = (after - before) * 100;
  return `${by > 0 ? '+' : by < 0 ? '−' : '±'}${Math.abs(by).toFixed(2)}\u00a0points`;
};

const quantities: readonly Quantity[] = [
  { name: 'Size', value: (m) => m.bytes, format: formatBytes, wanted: 'less' },
  { name: 'Latency, median', value: (m) => m.latencyMs.p50, format: formatDuration, wanted: 'less' },
  { name: 'Latency, 95th percentile', value: (m) => m.latencyMs.p95, format: formatDuration, wanted: 'less' },
  {
    name: 'Throughput',
    value: (m) => m.throughput,
    format: (v) => `${formatCount(Math.round(v))} samples/s`,
    wanted: 'more',
  },
  { name: 'Memory, peak', value: (m) => m.memoryBytes, format: formatBytes, wanted: 'less' },
  {
    name: 'Accuracy',
    value: (m) => m.accuracy?.value ?? null,
    format: (v, { accuracy }) =>
      `${formatPercent(v)}${accuracy ? ` ${interval(accuracy.low * 100, accuracy.high * 100)}` : ''}`,
    wanted: 'more',
    change: points,
  },
  { name: 'Parameters', value: (m) => m.parameters, format: formatCount, wanted: 'less' },
  {
    name: 'Zeros among them',
    value: (m) => (m.parameters > 0 ? m.zeros / m.parameters : null),
    format: (v) => formatPercent(v, 1),
    wanted: 'either',
    change: points,
  },
  { name: 'Multiply-accumulates', value: (m) => m.macs, format: formatCount, wanted: 'less' },
];

/** In brackets, and never broken over two lines. */
const interval = (low: number, high: number): string => `(${signed(low)}\u00a0to\u00a0${signed(high)})`;
const signed = (value: number): string => value.toFixed(2).replace('-', '−');

/** What is known of the two models beyond their own figures. */
export type Paired = Pick<RunResult, 'latencyRatio' | 'comparison'>;

/** How a quantity changed where the two models were compared pair by pair, which tells small changes from chance. */
const paired: Readonly<Record<string, (given: Paired) => Pick<Figure, 'change' | 'better'> | null>> = {
  'Latency, median': ({ latencyRatio }) => {
    if (!latencyRatio) return null;
    const [value, low, high] = [latencyRatio.value, latencyRatio.low, latencyRatio.high].map(
      (r) => (r - 1) * 100,
    );
    return {
      change: `${relative(1, latencyRatio.value)} ${interval(low!, high!)}`,
      better: low! <= 0 && high! >= 0 ? null : value! < 0,
    };
  },
  Accuracy: ({ comparison }) => {
    if (!comparison) return null;
    const { broken, mended, samples } = comparison;
    // McNemar's test at 5 %: only samples that one of the two models gets wrong say anything.
    const chance = Math.abs(mended - broken) <= 1.96 * Math.sqrt(mended + broken);
    return { change: points(0, (mended - broken) / samples), better: chance ? null : mended > broken };
  },
};

/** The comparison's rows, in the order of what people ask first; a quantity that was not measured has no row. */
export function figures(
  before: Measurement | null,
  after: Measurement | null,
  given: Paired | null = null,
): readonly Figure[] {
  return [...quantities, ...errorsOf(before, after)].flatMap(
    ({ name, value, format, wanted, change = relative }) => {
      const [was, is] = [before && value(before), after && value(after)];
      if (was === null && is === null) return [];
      const both = was !== null && is !== null;
      return [
        {
          name,
          before: was === null || !before ? '–' : format(was, before),
          after: is === null || !after ? '–' : format(is, after),
          change: both ? change(was, is) : '',
          better:
            both && wanted !== 'either' && was !== is ? (wanted === 'less' ? is < was : is > was) : null,
          ...(both && given ? paired[name]?.(given) : null),
        },
      ];
    },
  );
}

/** How near the outputs come to their targets: a row for each figure of each output. */
function errorsOf(...measurements: readonly (Measurement | null)[]): readonly Quantity[] {
  const scores = measurements.flatMap((measurement) => measurement?.targets ?? []);
  const outputs = new Map(scores.map(({ output, kind }) => [output, kind]));
  const score = (output: string, { targets = [] }: Measurement) =>
    targets.find((item) => item.output === output);
  const error = (output: string, key: 'mae' | 'rmse', name: string): Quantity => ({
    name: `${output}: ${name}`,
    value: (measurement) => {
      const found = score(output, measurement);
      return found?.kind === 'values' ? found[key] : null;
    },
    format: (value) => value.toPrecision(4),
    wanted: 'less',
  });
  return [...outputs].flatMap(([output, kind]): readonly Quantity[] =>
    kind === 'values'
      ? [error(output, 'mae', 'mean absolute error'), error(output, 'rmse', 'root mean square error')]
      : [
          {
            name: `${output}: accuracy`,
            value: (measurement) => {
              const found = score(output, measurement);
              return found?.kind === 'classes' ? found.accuracy : null;
            },
            format: (value) => formatPercent(value),
            wanted: 'more',
            change: points,
          },
        ],
  );
}

/** `−75.0 %` of the value before. */
export function relative(before: number, after: number): string {
  if (before === 0) return after === 0 ? '±0 %' : '';
  const by = (after / before - 1) * 100;
  return `${by > 0.05 ? '+' : by < -0.05 ? '−' : '±'}${Math.abs(by).toFixed(1)} %`;
}

const limits: Readonly<Record<BudgetLine['name'], { title: string; format: (value: number) => string }>> = {
  size: { title: 'Size', format: formatBytes },
  latency: { title: 'Latency, median', format: formatDuration },
  memory: { title: 'Memory, peak', format: formatBytes },
  'accuracy-drop': { title: 'Accuracy drop', format: (value) => `${signed(value * 100)} points` },
};

/** A line of the budget in words. */
export const budgetWords = ({ name, limit, actual, met }: BudgetLine) => ({
  name: limits[name].title,
  limit: limits[name].format(limit),
  actual: actual === null ? 'not measured' : limits[name].format(actual),
  verdict: met ? 'met' : 'missed',
});
