import { growingShapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { type Model, opsetOf } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { type TensorType, tensorType } from '../ir/value-type.ts';
import { backward } from './backward.ts';
import { buildLosses, type LossTerm, type TargetInput } from './losses/build-losses.ts';
import { blockLayout } from './lowering/blocked-layout.ts';
import { withBlockedDomain } from './lowering/blocks.ts';
import type { Lowering } from './lowering/lowering.ts';
import { lowerings } from './lowering/table.ts';
import { decays, trainableWeights } from './parameters.ts';
import { recompute } from './recompute/recompute.ts';
import { type Ascent, writeAscent } from './sharpness.ts';
import { type StateSlot, slotOf } from './state.ts';
import { type MaskInput, type TrainingFormOptions, trainingForm } from './training-form.ts';
import {
  type Statistic,
  scalarInput,
  type TrainedWeight,
  type Update,
  type UpdateOptions,
  writeUpdate,
} from './update.ts';
import { withBatch } from './with-batch.ts';

export interface TrainStepOptions extends TrainingFormOptions, UpdateOptions {
  readonly losses: readonly LossTerm[];
  /** Says which weights are trained; all by default. */
  readonly trainable?: (name: string) => boolean;
  /** Forms of gradients to use in place of the operators' own; the faster ones by default. */
  readonly loweringOf?: (node: Node) => Lowering | undefined;
  /** Samples of every batch, where they are always the same: sizes that are known allow faster forms. */
  readonly batch?: number;
  /** Channels in a block of the runtime's blocked convolution kernels (`Runner.blockedChannels`); without it standard operators alone. */
  readonly block?: number | undefined;
  /** Makes the update a graph of its own, so that the gradients of several batches can be added up before it. */
  readonly separate?: boolean;
  /** Radius of sharpness-aware minimization; it needs a separate update. */
  readonly sharpness?: number;
  /** `small`: activations are computed again in the backward pass in place of being kept. */
  readonly memory?: 'fast' | 'small';
}

/** A training step as one ONNX graph, or two. Beside the inputs named here it takes the model's own inputs. */
export interface TrainStep {
  readonly model: Model;
  readonly state: readonly StateSlot[];
  readonly masks: readonly MaskInput[];
  readonly data: readonly string[];
  readonly targets: readonly TargetInput[];
  /** Inputs for the learning rate and for the number of the step, from 1: float scalars. */
  readonly rate: string;
  readonly step: string;
  /** Scalars: `loss` first, then what the losses and clipping add: metric -> graph output. */
  readonly metrics: ReadonlyMap<string, string>;
  /** Values of the backward pass -> label of the layer whose gradient they belong to. */
  readonly origins: ReadonlyMap<string, string>;
  /** With it `model` reads the parameters, but writes statistics and gradients alone. */
  readonly update?: SeparateUpdate;
}

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

/**
 * Writes the training step of a model: forward pass, loss, backward pass and the optimizer's update, in standard operators
 * that any ONNX runtime executes. Weights without a gradient stay constants.
 * Errors: those of `trainingForm` and `backward`; `nothing-to-train`; `loss-output`.
 */
export function trainStep(model: Model, options: TrainStepOptions): TrainStep {
  const form = trainingForm(options.batch === undefined ? model : withBatch(model, options.batch), options);
  const { graph } = form.model;
  const data = graph.inputs
    .map(({ name }) => name)
    .filter((name) => !form.masks.some((mask) => mask.name === name));
  const shapes = growingShapes(form.model);
  const candidates = trainableWeights(graph).filter(
    ({ name }) => !form.statistics.has(name) && (options.trainable?.(name) ?? true),
  );
  const build = createBuilder(graph);
  const built = buildLosses(
    build,
    options.losses,
    (name) => shapes.types.get(name) as TensorType | undefined,
  );
  const share = options.separate ? scalarInput(build, 'share') : undefined;
  const seeds =
    share === undefined
      ? built.seeds
      : new Map([...built.seeds].map(([value, seed]) => [value, build.op('Mul', [seed, share])]));
  shapes.extend(
    graph,
    graph.nodes.filter((node) => node.outputs.some((output) => !shapes.types.has(output))),
  );
  const forward = [...graph.nodes];
  const { gradients, gradientOf, origins } = backward(graph, {
    shapes,
    seeds,
    wanted: candidates.map(({ name }) => name),
    loweringOf: options.loweringOf ?? lowerings(options.block),
  });
  if (options.memory === 'small')
    recompute(graph, { shapes, forward, data: graph.inputs.map(({ name }) => name), gradientOf });
  if (options.block !== undefined)
    blockLayout(graph, {
      types: shapes.types,
      block: options.block,
      keep: [...gradients.values(), ...built.metrics.values(), ...form.statistics.values()],
    });
  const trained = candidates.flatMap((weight): TrainedWeight[] => {
    const gradient = gradients.get(weight.name);
    return gradient === undefined ? [] : [{ weight, gradient, decays: decays(graph, weight) }];
  });
  if (trained.length === 0)
    throw new PareError('nothing-to-train', 'No weight of the model leads to the loss.', {
      hint: 'Check which layers are frozen and which output the loss reads.',
    });
  const moving = [...form.statistics].map(
    ([name, value]): Statistic => ({ weight: graph.initializers.get(name)!, value }),
  );
  const statistics = moving.map(({ weight, value }) =>
    slotOf('statistics', weight, weight.name, value, weight),
  );
  const common = {
    model: withBlockedDomain(form.model),
    masks: form.masks,
    data,
    targets: built.targets,
    origins,
  };
  if (share === undefined) {
    const update = writeUpdate(build, trained, moving, options);
    const state = inOrder(update.state, statistics);
    const metrics = new Map([...built.metrics, ...update.metrics]);
    finish(graph, state, state, metrics);
    return { ...common, state, rate: update.rate, step: update.step, metrics };
  }
  const sums = trained.map(({ weight, gradient }) => {
    const input = graph.freshName(`${weight.name}:gradient`);
    return slotOf('gradient', weight, input, build.op('Add', [gradient, input]));
  });
  const opset = opsetOf(form.model);
  const update = separateUpdate(trained, moving, sums, share, opset, options);
  const { sharpness: rho = 0, keepZeros = false } = options;
  const ascent = rho > 0 ? { ascent: writeAscent(trained, sums, { rho, keepZeros, opset }) } : {};
  const parameters = update.state.filter(({ kind }) => kind === 'parameter');
  finish(graph, [...parameters, ...statistics, ...sums], [...statistics, ...sums], built.metrics);
  return {
    ...common,
    state: inOrder(update.state, statistics),
    rate: update.rate,
    step: update.step,
    metrics: built.metrics,
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
  finish(graph, update.state, update.state, update.metrics);
  return { ...update, model: createModel(graph, opset) };
}

/** Parameters with their optimizer's tensors, statistics, averages: the order of checkpoints and graph outputs. */
const inOrder = (update: readonly StateSlot[], statistics: readonly StateSlot[]): readonly StateSlot[] => [
  ...update.filter(({ kind }) => kind !== 'average'),
  ...statistics,
  ...update.filter(({ kind }) => kind === 'average'),
];

/** State and metrics become the graph's inputs and outputs; state inputs stop being constants. */
function finish(
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
