import { createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { type Model, opsetOf } from '../ir/model.ts';
import { tensorType } from '../ir/value-type.ts';
import { finishGraph, inOrder, statisticsSlots } from './finish-step.ts';
import { type Ascent, writeAscent } from './sharpness.ts';
import { type StateSlot, slotOf } from './state.ts';
import type { StepGradients } from './step-gradients.ts';
import {
  type Statistic,
  type TrainedWeight,
  type Update,
  type UpdateOptions,
  writeUpdate,
} from './update.ts';

/** The update of a step in two graphs: it reads sums of gradients, the rate and the step's number. */
export interface SeparateUpdate {
  readonly model: Model;
  /** Sums of gradients: input and output of the step's model, input of the update's. */
  readonly gradients: readonly StateSlot[];
  /** A scalar input of both: the gradient counts so many times in the sum; the sum is multiplied by it in the update. */
  readonly share: string;
  readonly metrics: ReadonlyMap<string, string>;
  /** With it the gradient that counts is the one at the weights moved uphill. */
  readonly ascent?: Ascent;
}

export interface SeparateStep extends Update {
  readonly update: SeparateUpdate;
}

/** The step in two graphs: sums of gradients, and the update that reads them. */
export function separateStep(
  written: StepGradients,
  share: string,
  options: UpdateOptions & { readonly sharpness?: number },
): SeparateStep {
  const { build, trained, statistics } = written;
  const { graph } = build;
  const sums = trained.map(({ weight, gradient }) => {
    const input = graph.freshName(`${weight.name}:gradient`);
    return slotOf('gradient', weight, input, build.op('Add', [gradient, input]));
  });
  const opset = opsetOf(written.model);
  const update = separateUpdate(trained, statistics, sums, share, opset, options);
  const { sharpness: rho = 0, keepZeros = false } = options;
  const ascent = rho > 0 ? { ascent: writeAscent(trained, sums, { rho, keepZeros, opset }) } : {};
  const parameters = update.state.filter(({ kind }) => kind === 'parameter');
  const moving = statisticsSlots(statistics);
  finishGraph(graph, [...parameters, ...moving, ...sums], [...moving, ...sums], written.metrics);
  return {
    state: inOrder(update.state, moving),
    rate: update.rate,
    step: update.step,
    metrics: written.metrics,
    update: { model: update.model, gradients: sums, share, metrics: update.metrics, ...ascent },
  };
}

/** The update as a model of its own. */
function separateUpdate(
  trained: readonly TrainedWeight[],
  statistics: readonly Statistic[],
  sums: readonly StateSlot[],
  share: string,
  opset: number,
  options: UpdateOptions,
): Update & { readonly model: Model } {
  const graph = new Graph('update');
  const reads = (name: string, dims: readonly number[]) =>
    graph.inputs.push({ name, type: tensorType('float', dims) });
  for (const { weight } of trained) reads(weight.name, weight.dims);
  if (options.average !== undefined) for (const { weight } of statistics) reads(weight.name, weight.dims);
  for (const { input, dims } of sums) reads(input, dims);
  reads(share, []);
  const build = createBuilder(graph);
  const means = trained.map((item, index) => ({
    ...item,
    gradient: build.op('Mul', [sums[index]!.input, share]),
  }));
  // Statistics have moved with every batch before the update: they are taken as they are.
  const moved = statistics.map(({ weight }) => ({ weight, value: weight.name }));
  const update = writeUpdate(build, means, moved, options);
  finishGraph(graph, update.state, update.state, update.metrics);
  return { ...update, model: createModel(graph, opset) };
}
