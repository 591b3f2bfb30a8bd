import * as z from 'zod';
import { modelCost } from '../analysis/cost.ts';
import { modelMemory } from '../analysis/liveness.ts';
import { valueRanges } from '../analysis/ranges.ts';
import { inferShapes } from '../analysis/shapes.ts';
import { tiedWeights } from '../analysis/tied-weights.ts';
import { formatTable } from '../base/table.ts';
import { formatBytes, formatCount, formatPercent } from '../base/units.ts';
import { layerNames } from '../ir/layer-names.ts';
import { opsetOf } from '../ir/model.ts';
import { labelOf } from '../ir/node.ts';
import { formatType, shapeOf } from '../ir/value-type.ts';
import { openModel } from '../onnx/files.ts';
import type { Interval } from '../ops/define.ts';
import { fileBytes } from '../runs/file-bytes.ts';
import { defineCommand } from './define.ts';

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Show the layers of a model with their shapes, parameters, bytes and operations.',
  details:
    'Reads the structure, and constants of up to 65,536 elements for the ranges of values (`--all`). Costs and memory are for one sample: unknown dimensions, such as the batch, count as one.',
  arguments: [{ name: 'MODEL', doc: 'ONNX model' }],
  options: z.strictObject({
    all: z.boolean().default(false).describe('list nodes without parameters and operations too'),
  }),
  examples: ['pare inspect model.onnx', 'pare inspect model.onnx --json'],
  run: async ([path], { all }) => {
    const model = openModel(path!);
    const shapes = inferShapes(model);
    const cost = modelCost(model, shapes);
    const memory = modelMemory(model, {}, shapes);
    const tied = tiedWeights(model);
    const names = layerNames(model.graph);
    const ranges = valueRanges(model, shapes);
    const layers = cost.layers.map(({ node, op, parameters, macs, bytes, output }) => ({
      name: names.get(node) ?? node.name,
      op,
      parameters,
      macs,
      bytes,
      outputShape: shapeOf(output) ?? null,
      type: formatType(output),
      range: boundsOf(ranges.get(node.outputs[0] ?? '')),
    }));
    const totals = {
      parameters: cost.parameters,
      macs: cost.macs,
      bytes: fileBytes(path!),
      weightBytes: cost.bytes,
      peakActivationBytes: memory.peak,
      nodes: cost.layers.length,
      opset: opsetOf(model),
    };
    const values = (list: readonly { readonly name: string }[]) =>
      list.map(({ name }) => ({ name, type: formatType(shapes.types.get(name)) }));
    const [inputs, outputs] = [values(model.graph.inputs), values(model.graph.outputs)];
    const shown = all ? layers : layers.filter((layer) => layer.parameters > 0 || layer.macs > 0);
    const share = (part: number, whole: number) => (whole > 0 ? formatPercent(part / whole, 1) : '');
    const table = formatTable(
      [
        { title: 'layer', value: (row) => row.name },
        { title: 'op', value: (row) => row.op },
        { title: 'output', value: (row) => row.type },
        { title: 'parameters', value: (row) => formatCount(row.parameters), right: true },
        { title: 'share', value: (row) => share(row.parameters, totals.parameters), right: true },
        { title: 'bytes', value: (row) => formatBytes(row.bytes), right: true },
        { title: 'MACs', value: (row) => formatCount(row.macs), right: true },
        { title: 'share', value: (row) => share(row.macs, totals.macs), right: true },
        ...(all ? [{ title: 'range', value: (row: (typeof layers)[number]) => rangeText(row.range) }] : []),
      ],
      shown,
    );
    const producer = [model.producerName, model.producerVersion].filter((part) => part !== '').join(' ');
    const list = (items: readonly { readonly name: string; readonly type: string }[]) =>
      items.map(({ name, type }) => `${name} ${type}`).join(', ');
    return {
      json: {
        ...totals,
        irVersion: model.irVersion,
        opsets: Object.fromEntries(model.opsets),
        producer,
        inputs,
        outputs,
        metadata: Object.fromEntries(model.metadata),
        tiedWeights: tied.map(({ names: shared, uses }) => ({
          names: shared,
          readers: uses.map(({ node }) => labelOf(node)),
        })),
        layers,
        problems: shapes.problems.map(({ message }) => message),
      },
      text: [
        `${path}: ${formatBytes(totals.bytes)}, ${formatCount(totals.parameters)} parameters, ${formatCount(totals.macs)} MACs, ${totals.nodes} nodes, opset ${totals.opset}${producer === '' ? '' : `, by ${producer}`}`,
        `inputs   ${list(inputs)}`,
        `outputs  ${list(outputs)}`,
        `memory   weights ${formatBytes(memory.weights)}, activations at most ${formatBytes(memory.peak)}${memory.peakNode ? ` (at ${names.get(memory.peakNode) ?? labelOf(memory.peakNode)})` : ''}`,
        ...tied.map(
          ({ names: shared, uses }) => `shared   ${shared.join(', ')}: read by ${uses.length} nodes`,
        ),
        '',
        table,
        ...(shown.length < layers.length
          ? [`(${layers.length - shown.length} nodes without weights or MACs: --all)`]
          : []),
        ...shapes.problems.map(({ message }) => `shape problem: ${message}`),
      ].join('\n'),
    };
  },
});

/** Bounds as JSON can say them: null where there is none. */
const boundsOf = (range: Interval | undefined) =>
  range ? { low: finite(range.low), high: finite(range.high) } : null;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function rangeText(range: ReturnType<typeof boundsOf>): string {
  const end = (value: number | null, none: string) =>
    value === null ? none : String(Number(value.toPrecision(3)));
  return range ? `${end(range.low, '-inf')} .. ${end(range.high, 'inf')}` : '';
}
