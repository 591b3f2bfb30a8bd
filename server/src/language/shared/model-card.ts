import { formatBytes, formatCount } from '../../base/units.ts';
import type { ModelContext } from '../../diagnostics/define.ts';
import { opsetOf } from '../../ir/model.ts';
import { formatType, type ValueInfo } from '../../ir/value-type.ts';

/** What a model is and costs, as Markdown. */
export function modelCard({ model, cost }: ModelContext): string {
  const { graph, producerName, producerVersion } = model;
  const given = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  return [
    '| | |',
    '|---|---|',
    ...given.map((input) => `| Input | ${value(input)} |`),
    ...graph.outputs.map((output) => `| Output | ${value(output)} |`),
    `| Layers | ${cost.layers.length} |`,
    `| Parameters | ${formatCount(cost.parameters)}, ${formatBytes(cost.bytes)} |`,
    `| MACs | ${formatCount(cost.macs)} a sample |`,
    `| Opset | ${opsetOf(model)}${producerName ? `, written by ${producerName} ${producerVersion}`.trimEnd() : ''} |`,
  ].join('\n');
}

const value = ({ name, type }: ValueInfo): string => `\`${name}\`: \`${formatType(type)}\``;
