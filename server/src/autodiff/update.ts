import type { Builder } from '../ir/builder.ts';
import { floats, type Tensor, tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { clipByNorm, clipByValue, globalNorm } from './clip.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { type StateSlot, slotOf } from './state.ts';

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** Decoupled weight decay of matrices and kernels, multiplied by the learning rate. */
  readonly decay?: number;
  readonly clip?: { readonly norm?: number; readonly value?: number };
  /** Exponential moving average of the weights: share that the old average keeps each step. */
  readonly average?: number;
  /** Matrices and kernels keep the zeros that they start with: pruning lasts. */
  readonly keepZeros?: boolean;
  /** What a weight has of its own: a factor of the learning rate, and its decay where weights like it decay. */
  readonly group?: (weight: string) => ParameterGroup;
}

export interface ParameterGroup {
  readonly rate?: number | undefined;
  readonly decay?: number | undefined;
}

/** A weight, its gradient, and whether weight decay is meant for it. */
export interface TrainedWeight {
  readonly weight: Tensor;
  readonly gradient: string;
  readonly decays: boolean;
}

/** A running statistic and the value that it takes. */
export interface Statistic {
  readonly weight: Tensor;
  readonly value: string;
}

export interface Update {
  readonly state: readonly StateSlot[];
  /** Inputs for the learning rate and for the number of the step, from 1: float scalars. */
  readonly rate: string;
  readonly step: string;
  readonly metrics: ReadonlyMap<string, string>;
}

/** Writes what happens once the gradients are there: clipping, the optimizer, decay, moving averages. */
export function writeUpdate(
  build: Builder,
  weights: readonly TrainedWeight[],
  statistics: readonly Statistic[],
  options: UpdateOptions,
): Update {
  const { graph } = build;
  const [rate, step] = [scalarInput(build, 'learning_rate'), scalarInput(build, 'step')];
  const metrics = new Map<string, string>();
  let directions: readonly string[] = weights.map(({ gradient }) => gradient);
  const { clip } = options;
  if (clip?.value !== undefined) directions = clipByValue(build, directions, clip.value);
  if (clip?.norm !== undefined) {
    const norm = globalNorm(build, directions);
    metrics.set('gradient-norm', norm);
    directions = clipByNorm(build, directions, norm, clip.norm);
  }
  const update = options.optimizer.begin(build, step);
  const state: StateSlot[] = [];
  const next: Statistic[] = [];
  for (const [index, { weight, decays }] of weights.entries()) {
    const slots = options.optimizer.slots.map((slot) => graph.freshName(`${weight.name}:${slot}`));
    const moved = update(directions[index]!, slots);
    for (const [i, slot] of slots.entries()) state.push(slotOf('optimizer', weight, slot, moved.state[i]!));
    const group = options.group?.(weight.name);
    const pattern = options.keepZeros && decays ? nonZeros(weight) : undefined;
    const direction = pattern ? build.op('Mul', [moved.direction, build.tensor(pattern)]) : moved.direction;
    const own =
      group?.rate === undefined || group.rate === 1
        ? rate
        : build.op('Mul', [rate, build.constant('float', [], [group.rate])]);
    const value = advance(
      build,
      weight.name,
      direction,
      own,
      decays ? (group?.decay ?? options.decay ?? 0) : 0,
    );
    next.push({ weight, value });
    state.push(slotOf('parameter', weight, weight.name, value, weight));
  }
  if (options.average !== undefined)
    state.push(...averages(build, [...next, ...statistics], step, options.average));
  return { state, rate, step, metrics };
}

/** Adds a float scalar to the graph's inputs. */
export function scalarInput({ graph }: Builder, wish: string): string {
  const name = graph.freshName(wish);
  graph.inputs.push({ name, type: tensorType('float', []) });
  return name;
}

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
export function nonZeros(weight: Tensor): Tensor | undefined {
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
  values: readonly Statistic[],
  step: string,
  keep: number,
): readonly StateSlot[] {
  const number = (value: number) => build.constant('float', [], [value]);
  const early = build.op('Div', [build.op('Add', [step, number(1)]), build.op('Add', [step, number(10)])]);
  const fresh = build.op('Sub', [number(1), build.op('Min', [early, number(keep)])]);
  return values.map(({ weight, value }) => {
    const input = build.graph.freshName(`${weight.name}:average`);
    const change = build.op('Mul', [build.op('Sub', [value, input]), fresh]);
    return slotOf('average', weight, input, build.op('Add', [input, change]), weight);
  });
}
