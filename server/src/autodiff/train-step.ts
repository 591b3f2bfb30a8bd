import { growingShapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import type { DataType } from '../ir/data-type.ts';
import type { Shape } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import { floats, type Tensor, tensor } from '../ir/tensor.ts';
import { type TensorType, tensorType } from '../ir/value-type.ts';
import { backward } from './backward.ts';
import { clipByNorm, clipByValue, globalNorm } from './clip.ts';
import type { Loss } from './losses/loss.ts';
import type { Lowering } from './lowering/lowering.ts';
import { loweringOf } from './lowering/table.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { decays, trainableWeights } from './parameters.ts';
import { type MaskInput, type TrainingFormOptions, trainingForm } from './training-form.ts';

/** One part of the loss: an output (or any value) of the model against a target. */
export interface LossTerm {
  readonly loss: Loss;
  /** The model's first output by default. */
  readonly output?: string;
  /** Factor in the sum of all terms; 1 by default. */
  readonly weight?: number;
  /** Name of the graph input for the target; terms may share one. `target` by default. */
  readonly target?: string;
}

export interface TrainStepOptions extends TrainingFormOptions {
  readonly losses: readonly LossTerm[];
  readonly optimizer: Optimizer;
  /** Decoupled weight decay of matrices and kernels, multiplied by the learning rate. */
  readonly decay?: number;
  readonly clip?: { readonly norm?: number; readonly value?: number };
  /** Exponential moving average of the weights: share that the old average keeps each step. */
  readonly average?: number;
  /** Matrices and kernels keep the zeros that they start with: pruning lasts. */
  readonly keepZeros?: boolean;
  /** Says which weights are trained; all by default. */
  readonly trainable?: (name: string) => boolean;
  /** Forms of gradients to use in place of the operators' own; the faster ones by default. */
  readonly loweringOf?: (node: Node) => Lowering | undefined;
}

/** A tensor that lives from step to step: goes in as `input`, comes out as `output`. */
export interface StateSlot {
  readonly kind: 'parameter' | 'optimizer' | 'statistics' | 'average';
  /** The weight of the model that it is, or belongs to. */
  readonly weight: string;
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
  /** What it starts from; zeros where it is undefined. */
  readonly initial: Tensor | undefined;
}

/** A training step as one ONNX graph. Beside the inputs named here it takes the model's own inputs. */
export interface TrainStep {
  readonly model: Model;
  readonly state: readonly StateSlot[];
  readonly masks: readonly MaskInput[];
  readonly data: readonly string[];
  readonly targets: readonly { readonly name: string; readonly type: DataType; readonly shape: Shape }[];
  /** Inputs for the learning rate and for the number of the step, from 1: float scalars. */
  readonly rate: string;
  readonly step: string;
  /** Scalars: `loss` first, then what the losses and clipping add: metric -> graph output. */
  readonly metrics: ReadonlyMap<string, string>;
  /** Values of the backward pass -> label of the layer whose gradient they belong to. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * Writes the training step of a model: forward pass, loss, backward pass and the optimizer's update, in standard operators
 * that any ONNX runtime executes. Weights without a gradient stay constants.
 * Errors: those of `trainingForm` and `backward`; `nothing-to-train`; `loss-output`.
 */
export function trainStep(model: Model, options: TrainStepOptions): TrainStep {
  const form = trainingForm(model, options);
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
  shapes.extend(
    graph,
    graph.nodes.filter((node) => node.outputs.some((output) => !shapes.types.has(output))),
  );
  const { gradients, origins } = backward(graph, {
    shapes,
    seeds: built.seeds,
    wanted: candidates.map(({ name }) => name),
    loweringOf: options.loweringOf ?? loweringOf,
  });
  const trained = candidates.filter(({ name }) => gradients.has(name));
  if (trained.length === 0)
    throw new PareError('nothing-to-train', 'No weight of the model leads to the loss.', {
      hint: 'Check which layers are frozen and which output the loss reads.',
    });
  const metrics = new Map(built.metrics);
  const rate = graph.freshName('learning_rate');
  graph.inputs.push({ name: rate, type: tensorType('float', []) });
  const step = graph.freshName('step');
  graph.inputs.push({ name: step, type: tensorType('float', []) });
  let directions: readonly string[] = trained.map(({ name }) => gradients.get(name)!);
  const { clip } = options;
  if (clip?.value !== undefined) directions = clipByValue(build, directions, clip.value);
  if (clip?.norm !== undefined) {
    const norm = globalNorm(build, directions);
    metrics.set('gradient-norm', norm);
    directions = clipByNorm(build, directions, norm, clip.norm);
  }
  const update = options.optimizer.begin(build, step);
  const state: StateSlot[] = [];
  const next = new Map<string, string>();
  for (const [index, weight] of trained.entries()) {
    const slots = options.optimizer.slots.map((slot) => graph.freshName(`${weight.name}:${slot}`));
    const moved = update(directions[index]!, slots);
    for (const [i, slot] of slots.entries())
      state.push(slotOf('optimizer', weight, slot, moved.state[i]!, undefined));
    const decay = decays(graph, weight) ? (options.decay ?? 0) : 0;
    const pattern = options.keepZeros && decays(graph, weight) ? nonZeros(weight) : undefined;
    const direction = pattern ? build.op('Mul', [moved.direction, build.tensor(pattern)]) : moved.direction;
    const fresh = advance(build, weight.name, direction, rate, decay);
    next.set(weight.name, fresh);
    state.push(slotOf('parameter', weight, weight.name, fresh, weight));
  }
  for (const [name, value] of form.statistics) {
    const weight = graph.initializers.get(name)!;
    next.set(name, value);
    state.push(slotOf('statistics', weight, name, value, weight));
  }
  if (options.average !== undefined) state.push(...averages(build, graph, next, step, options.average));
  finish(graph, state, metrics);
  return {
    model: form.model,
    state,
    masks: form.masks,
    data,
    targets: built.targets,
    rate,
    step,
    metrics,
    origins,
  };
}

const slotOf = (
  kind: StateSlot['kind'],
  weight: Tensor,
  input: string,
  output: string,
  initial: Tensor | undefined,
): StateSlot => ({ kind, weight: weight.name, input, output, dims: weight.dims, initial });

/** parameter (1 - rate decay) - rate direction. */
function advance(build: Builder, parameter: string, direction: string, rate: string, decay: number): string {
  const number = (value: number) => build.constant('float', [], [value]);
  const moved = build.op('Mul', [direction, rate]);
  const kept =
    decay === 0
      ? parameter
      : build.op('Mul', [parameter, build.op('Sub', [number(1), build.op('Mul', [rate, number(decay)])])]);
  return build.op('Sub', [kept, moved], {}, { name: `${parameter}.next` });
}

/** 1 where the weight is not zero; undefined where it has no zeros. */
function nonZeros(weight: Tensor): Tensor | undefined {
  const values = floats(weight);
  if (!values.includes(0)) return undefined;
  return tensor(
    `${weight.name}.kept`,
    'float',
    weight.dims,
    values.map((value) => (value === 0 ? 0 : 1)),
  );
}

/** Moving averages whose memory grows with the steps, min(keep, (1 + step) / (10 + step)), so that the start is forgotten. */
function averages(
  build: Builder,
  graph: Graph,
  next: ReadonlyMap<string, string>,
  step: string,
  keep: number,
): readonly StateSlot[] {
  const number = (value: number) => build.constant('float', [], [value]);
  const early = build.op('Div', [build.op('Add', [step, number(1)]), build.op('Add', [step, number(10)])]);
  const fresh = build.op('Sub', [number(1), build.op('Min', [early, number(keep)])]);
  return [...next].map(([name, value]) => {
    const weight = graph.initializers.get(name)!;
    const input = graph.freshName(`${name}:average`);
    const change = build.op('Mul', [build.op('Sub', [value, input]), fresh]);
    return slotOf('average', weight, input, build.op('Add', [input, change]), weight);
  });
}

/** State and metrics become the graph's inputs and outputs; state inputs stop being constants. */
function finish(graph: Graph, state: readonly StateSlot[], metrics: ReadonlyMap<string, string>): void {
  for (const { input, dims } of state) {
    graph.removeInitializer(input);
    graph.inputs.push({ name: input, type: tensorType('float', dims) });
  }
  graph.outputs.splice(0, graph.outputs.length);
  for (const output of metrics.values()) graph.outputs.push({ name: output, type: tensorType('float', []) });
  for (const { output, dims } of state) graph.outputs.push({ name: output, type: tensorType('float', dims) });
}

interface BuiltLosses {
  readonly seeds: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, string>;
  readonly targets: TrainStep['targets'];
}

/** Writes all loss terms: the sum, the gradients that the reverse walk starts from, and the inputs for the targets. */
export function buildLosses(
  build: Builder,
  terms: readonly LossTerm[],
  typeOf: (value: string) => TensorType | undefined,
): BuiltLosses {
  const { graph } = build;
  const targets = new Map<string, TrainStep['targets'][number]>();
  const seeds = new Map<string, string>();
  const metrics = new Map<string, string>();
  const losses: string[] = [];
  for (const { loss, output: named, weight = 1, target: wish = 'target' } of terms) {
    const output = scoresOf(graph, named ?? graph.outputs[0]?.name ?? '', loss);
    const type = typeOf(output);
    if (type?.kind !== 'tensor' || !type.shape || type.type !== 'float')
      throw new PareError(
        'loss-output',
        `'${output}' is no float tensor of known rank, so it can have no loss.`,
        {
          place: { name: output },
        },
      );
    let target = targets.get(wish);
    if (!target) {
      target = { name: graph.freshName(wish), ...loss.target(type) };
      targets.set(wish, target);
      graph.inputs.push({ name: target.name, type: tensorType(target.type, target.shape) });
    }
    const built = loss.build({ build, output, type, target: target.name });
    const scaled = (value: string) =>
      weight === 1 ? value : build.op('Mul', [value, build.constant('float', [], [weight])]);
    losses.push(scaled(built.loss));
    if (terms.length > 1) metrics.set(metricName(metrics, loss.name), built.loss);
    for (const [name, value] of Object.entries(built.metrics ?? {}))
      metrics.set(metricName(metrics, name), value);
    const known = seeds.get(output);
    const gradient = scaled(built.gradient);
    seeds.set(output, known ? build.op('Add', [known, gradient]) : gradient);
  }
  const total = losses.length === 1 ? losses[0]! : build.op('Sum', losses, {}, { name: 'loss' });
  return { seeds, metrics: new Map([['loss', total], ...metrics]), targets: [...targets.values()] };
}

function metricName(taken: ReadonlyMap<string, string>, name: string): string {
  let unique = name;
  for (let i = 2; taken.has(unique); i++) unique = `${name}-${i}`;
  return unique;
}

/** The raw scores behind an output: the Softmax or Sigmoid that ends the model is part of the loss. */
export function scoresOf(graph: Graph, output: string, loss: Pick<Loss, 'scores'>): string {
  let value = output;
  for (;;) {
    const node = graph.producer(value);
    const ends = loss.scores === 'Softmax' ? ['Softmax', 'LogSoftmax'] : loss.scores ? [loss.scores] : [];
    if (node?.domain !== '' || ![...ends, 'Identity'].includes(node.opType)) return value;
    value = node.inputs[0]!;
  }
}

/** The first value of a state slot. */
export const initialState = (slot: StateSlot): Float32Array =>
  slot.initial ? floats(slot.initial).slice() : new Float32Array(slot.dims.reduce((a, b) => a * b, 1));

/** A state tensor as a constant of the model. */
export const weightOf = (slot: StateSlot, values: Float32Array): Tensor =>
  tensor(slot.weight, 'float', slot.dims, values);
