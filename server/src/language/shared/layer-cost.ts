import type { LayerCost } from '../../analysis/cost.ts';
import { formatBytes, formatCount, formatPercent } from '../../base/units.ts';
import type { ModelContext } from '../../diagnostics/define.ts';
import { layerMatcher } from '../../ir/layer-names.ts';
import { formatType } from '../../ir/value-type.ts';

/** The layers that a key under `layers:` means. */
export function layersMatching({ cost, nameOf }: ModelContext, pattern: string): readonly LayerCost[] {
  const matches = layerMatcher(pattern);
  return cost.layers.filter(({ node }) => matches(nameOf(node)));
}

const total = (layers: readonly LayerCost[], key: 'parameters' | 'macs' | 'bytes'): number =>
  layers.reduce((sum, layer) => sum + layer[key], 0);
const share = (part: number, whole: number): string => formatPercent(whole === 0 ? 0 : part / whole, 1);

/** `520 parameters, 17.2 % of MACs`, for an inlay hint. */
export function shortCost({ cost }: ModelContext, layers: readonly LayerCost[]): string {
  const counted = layers.length === 1 ? '' : `${layers.length} layers, `;
  return `${counted}${formatCount(total(layers, 'parameters'))} parameters, ${share(total(layers, 'macs'), cost.macs)} of MACs`;
}

/** What layers cost, as a table of Markdown; of a single layer also its operator and output. */
export function costTable(model: ModelContext, layers: readonly LayerCost[]): string {
  const { cost } = model;
  const [first] = layers;
  const single = layers.length === 1 ? first : undefined;
  const parameters = total(layers, 'parameters');
  const macs = total(layers, 'macs');
  const bytes = total(layers, 'bytes');
  return [
    '| | | of the model |',
    '|---|--:|--:|',
    ...(single ? [`| Output | \`${formatType(single.output)}\` | |`] : []),
    `| Parameters | ${formatCount(parameters)} | ${share(parameters, cost.parameters)} |`,
    `| Bytes | ${formatBytes(bytes)} | ${share(bytes, cost.bytes)} |`,
    `| MACs | ${formatCount(macs)} | ${share(macs, cost.macs)} |`,
  ].join('\n');
}
