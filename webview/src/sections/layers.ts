import type { LayerReport } from '@pare/server/protocol/run';
import { formatBytes, formatCount, formatPercent } from '@pare/server/units';
import { chart } from '../chart.ts';
import { h } from '../dom.ts';
import { relative } from '../figures.ts';
import { table } from '../table.ts';

/** Bars that can still be told apart; the table has every layer. */
const mostBars = 40;

/** Bytes and work of each layer, and what was done to it. */
export function layers(reports: readonly LayerReport[]): HTMLElement | null {
  if (reports.length === 0) return null;
  const macs = reports.reduce((sum, layer) => sum + layer.macs, 0);
  const share = (layer: LayerReport) => (macs > 0 ? layer.macs / macs : 0);
  const twin = () =>
    table(
      'Layers',
      [
        { name: 'Layer' },
        { name: 'Operator' },
        { name: 'Parameters', numeric: true },
        { name: 'MACs', numeric: true },
        { name: 'Share of MACs', numeric: true },
        { name: 'Bytes before', numeric: true },
        { name: 'Bytes after', numeric: true },
        { name: 'Change', numeric: true },
        { name: 'What was done' },
      ],
      reports.map((layer) => [
        layer.layer,
        layer.op,
        formatCount(layer.parameters),
        formatCount(layer.macs),
        formatPercent(share(layer), 1),
        formatBytes(layer.bytesBefore),
        formatBytes(layer.bytesAfter),
        relative(layer.bytesBefore, layer.bytesAfter),
        layer.changes.join('; '),
      ]),
    );
  const shown = shownLayers(reports);
  const labels = shown.map(({ layer }) => layer);
  const largest = reports.reduce((most, layer) => (layer.bytesBefore > most.bytesBefore ? layer : most));
  const busiest = reports.reduce((most, layer) => (layer.macs > most.macs ? layer : most));
  return h(
    'section',
    { id: 'layers' },
    h('h2', {}, 'Layers'),
    shown.length < reports.length &&
      h(
        'p',
        { class: 'quiet' },
        `The charts show the ${shown.length} layers with the most bytes and work, of ${reports.length}.`,
      ),
    h('h3', {}, 'Bytes'),
    chart({
      kind: 'bar',
      horizontal: true,
      summary: `Bytes of ${shown.length} layers before and after. The largest is ${largest.layer}: ${formatBytes(largest.bytesBefore)} before, ${formatBytes(largest.bytesAfter)} after.`,
      labels,
      series: [
        { name: 'Before', colour: 'before', values: shown.map(({ bytesBefore }) => bytesBefore) },
        { name: 'After', colour: 'after', values: shown.map(({ bytesAfter }) => bytesAfter) },
      ],
      format: formatBytes,
      axis: 'Bytes of weights',
      table: twin(),
    }),
    h('h3', {}, 'Work'),
    chart({
      kind: 'bar',
      horizontal: true,
      summary: `Share of the multiply-accumulates of each layer. ${busiest.layer} does most: ${formatPercent(share(busiest), 1)}.`,
      labels,
      series: [{ name: 'Share of MACs', colour: 'after', values: shown.map(share) }],
      format: (value) => formatPercent(value, 0),
      axis: 'Share of multiply-accumulates',
      table: twin(),
    }),
  );
}

/** The layers with the largest part of the bytes or of the work, in the model's order. */
function shownLayers(reports: readonly LayerReport[]): readonly LayerReport[] {
  const total = (value: (layer: LayerReport) => number) =>
    Math.max(
      1,
      reports.reduce((sum, layer) => sum + value(layer), 0),
    );
  const [bytes, macs] = [total(({ bytesBefore }) => bytesBefore), total((layer) => layer.macs)];
  const weight = (layer: LayerReport) => layer.bytesBefore / bytes + layer.macs / macs;
  const kept = new Set([...reports].sort((a, b) => weight(b) - weight(a)).slice(0, mostBars));
  return reports.filter((layer) => kept.has(layer));
}
