import { formatTable } from '../base/table.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../base/units.ts';
import type { Accuracy, BudgetLine, Measurement, RunResult, TargetScore } from '../protocol/run.ts';

interface Row {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
}

const ratio = (before: number, after: number): string =>
  before > 0 ? `${(after / before).toFixed(2)} x` : '';
const accuracyText = ({ value, low, high }: Accuracy): string =>
  `${formatPercent(value)} (${formatPercent(low, 1)} to ${formatPercent(high, 1)})`;

/** `0.62 x (0.60 to 0.65)`: the paired ratio, which noise of the machine hardly touches. */
const pairedRatio = ({ latencyRatio }: RunResult): string =>
  latencyRatio
    ? `${latencyRatio.value.toFixed(2)} x (${latencyRatio.low.toFixed(2)} to ${latencyRatio.high.toFixed(2)})`
    : '';

/** The figures of a run, before and after, as they are printed, put into Markdown and exported; none when it did not finish. */
export function summaryRows(result: RunResult): readonly Row[] {
  const { before, after } = result;
  if (!before || !after) return [];
  const row = (
    what: string,
    of: (measurement: Measurement) => number,
    format: (value: number) => string,
  ): Row => ({
    what,
    before: format(of(before)),
    after: format(of(after)),
    change: ratio(of(before), of(after)),
  });
  const zeros = (measurement: Measurement) =>
    formatPercent(measurement.parameters > 0 ? measurement.zeros / measurement.parameters : 0, 1);
  return [
    row('size on disk', ({ bytes }) => bytes, formatBytes),
    { ...row('latency p50', ({ latencyMs }) => latencyMs.p50, formatDuration), change: pairedRatio(result) },
    row('latency p95', ({ latencyMs }) => latencyMs.p95, formatDuration),
    row(
      'throughput',
      ({ throughput }) => throughput,
      (value) => `${formatCount(Math.round(value))}/s`,
    ),
    ...(before.memoryBytes !== null && after.memoryBytes !== null
      ? [row('peak memory', ({ memoryBytes }) => memoryBytes ?? 0, formatBytes)]
      : []),
    row('parameters', ({ parameters }) => parameters, formatCount),
    { what: 'zero weights', before: zeros(before), after: zeros(after), change: '' },
    row('MACs', ({ macs }) => macs, formatCount),
    ...(before.accuracy && after.accuracy
      ? [
          {
            what: 'accuracy',
            before: accuracyText(before.accuracy),
            after: accuracyText(after.accuracy),
            change: `${((after.accuracy.value - before.accuracy.value) * 100).toFixed(2)} points`,
          },
        ]
      : []),
    ...(before.targets ?? []).flatMap((score) => targetRows(score, after.targets ?? [])),
  ];
}

/** How near an output comes to its targets. */
function targetRows(before: TargetScore, later: readonly TargetScore[]): readonly Row[] {
  const after = later.find(({ output }) => output === before.output);
  if (before.kind === 'classes')
    return after?.kind === 'classes'
      ? [
          {
            what: `${before.output}: accuracy`,
            before: formatPercent(before.accuracy),
            after: formatPercent(after.accuracy),
            change: `${((after.accuracy - before.accuracy) * 100).toFixed(2)} points`,
          },
        ]
      : [];
  if (after?.kind !== 'values') return [];
  return (['mae', 'rmse'] as const).map((key) => ({
    what: `${before.output}: ${errorNames[key]}`,
    before: before[key].toPrecision(4),
    after: after[key].toPrecision(4),
    change: ratio(before[key], after[key]),
  }));
}

export const errorNames = { mae: 'mean absolute error', rmse: 'root mean square error' } as const;

/** One line for each limit: `size 431 KB of 520 KB: kept`. */
export function budgetText({ name, limit, actual, met }: BudgetLine): string {
  const format =
    name === 'latency'
      ? formatDuration
      : name === 'accuracy-drop'
        ? (value: number) => `${(value * 100).toFixed(2)} points`
        : formatBytes;
  return `${name} ${actual === null ? 'was not measured' : format(actual)} of at most ${format(limit)}: ${met ? 'kept' : 'MISSED'}`;
}

/** What `pare run` prints at its end. */
export function summaryText(result: RunResult): string {
  const { comparison } = result;
  const rows = summaryRows(result);
  const lines: string[] = [];
  if (rows.length > 0) {
    lines.push(
      formatTable(
        [
          { title: '', value: (row) => row.what },
          { title: 'before', value: (row) => row.before, right: true },
          { title: 'after', value: (row) => row.after, right: true },
          { title: 'change', value: (row) => row.change, right: true },
        ],
        rows,
      ),
      '',
    );
  }
  if (comparison)
    lines.push(
      `same prediction on ${formatPercent(comparison.agreement)} of ${comparison.samples} samples; ${comparison.broken} now wrong, ${comparison.mended} now right`,
    );
  for (const line of result.budget) lines.push(budgetText(line));
  if (result.error)
    lines.push(
      `${result.error.message} [${result.error.code}]`,
      ...(result.error.hint ? [`  ${result.error.hint}`] : []),
    );
  if (result.status === 'cancelled')
    lines.push('Cancelled. Finished steps are kept: `--resume` goes on from there.');
  if (result.artifacts.model) lines.push('', `model   ${result.artifacts.model}`);
  if (result.artifacts.report) lines.push(`report  ${result.artifacts.report}`);
  return lines.join('\n');
}
