import type { Graph } from '../ir/graph.ts';
import { tensorType } from '../ir/value-type.ts';
import { type StateSlot, slotOf } from './state.ts';
import type { Statistic } from './update.ts';

/** Running statistics as state. */
export const statisticsSlots = (statistics: readonly Statistic[]): readonly StateSlot[] =>
  statistics.map(({ weight, value }) => slotOf('statistics', weight, weight.name, value, weight));

/** Parameters with their optimizer's tensors, statistics, averages: the order of checkpoints and graph outputs. */
export const inOrder = (
  update: readonly StateSlot[],
  statistics: readonly StateSlot[],
): readonly StateSlot[] => [
  ...update.filter(({ kind }) => kind !== 'average'),
  ...statistics,
  ...update.filter(({ kind }) => kind === 'average'),
];

/** State and metrics become the graph's inputs and outputs; state inputs stop being constants. */
export function finishGraph(
  graph: Graph,
  read: readonly StateSlot[],
  written: readonly StateSlot[],
  metrics: ReadonlyMap<string, string>,
): void {
  for (const { input, dims } of read) {
    graph.removeInitializer(input);
    if (!graph.isInput(input)) graph.inputs.push({ name: input, type: tensorType('float', dims) });
  }
  graph.outputs.splice(0, graph.outputs.length);
  for (const output of metrics.values()) graph.outputs.push({ name: output, type: tensorType('float', []) });
  for (const { output, dims } of written)
    graph.outputs.push({ name: output, type: tensorType('float', dims) });
}
