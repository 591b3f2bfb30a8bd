import { initialState, type StateSlot } from '../../autodiff/state.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import type { Runner, Session, SessionOptions } from '../runner.ts';
import type { State } from './checkpoint.ts';
import type { Feeds } from './feeder.ts';

/** Runs a training step, whether it is one graph or two, and holds its state. */
export interface Stepper {
  /** The state after the last update; its arrays are written again by later steps. */
  readonly state: () => State;
  /**
   * Takes a batch in. With the `last` of an update's batches the weights move, and the metrics of all of them come back,
   * means over their samples. A loss that is no finite number comes back at once.
   */
  readonly take: (batch: StepBatch) => Promise<Metrics | undefined>;
  /** All that the step's model was fed last: to look into it again. */
  readonly fed: () => Feeds;
  readonly close: () => Promise<void>;
}

export interface StepBatch {
  readonly feeds: Feeds;
  readonly samples: number;
  readonly rate: number;
  /** Number of the step, from 1. */
  readonly step: number;
  readonly last: boolean;
}

export type Metrics = ReadonlyMap<string, number>;

/** Opens a step that starts from `state`, or from the model's own weights. */
export function openStepper(
  runner: Runner,
  step: TrainStep,
  state: State | undefined,
  options: SessionOptions,
): Promise<Stepper> {
  const start = { ...(state ?? stateOf(step.state, initialState)) };
  return step.update
    ? openTwo(runner, step, step.update, start, options)
    : openOne(runner, step, start, options);
}

/** One graph: state tensors lie in two sets of buffers that swap roles, so that nothing is copied. */
async function openOne(
  runner: Runner,
  step: TrainStep,
  start: State,
  options: SessionOptions,
): Promise<Stepper> {
  const session = await runner.open(step.model, options);
  let state = start;
  let spare = stateOf(step.state, zeros);
  let fed: Feeds = {};
  return {
    state: () => state,
    fed: () => fed,
    take: async ({ feeds, rate, step: number }) => {
      fed = { ...state, ...feeds, [step.rate]: scalarArray(rate), [step.step]: scalarArray(number) };
      const metrics = await runInto(session, fed, step.metrics, step.state, spare);
      [state, spare] = [spare, state];
      return metrics;
    },
    close: () => session.close(),
  };
}

/** Two graphs: gradients are summed up batch by batch, then the update takes their mean. */
async function openTwo(
  runner: Runner,
  step: TrainStep,
  update: NonNullable<TrainStep['update']>,
  start: State,
  options: SessionOptions,
): Promise<Stepper> {
  const { gradients, share } = update;
  const sessions = [
    await runner.open(step.model, options),
    await runner.open(update.model, options),
  ] as const;
  const state: Record<string, NdArray> = { ...start, ...stateOf(gradients, zeros) };
  const spare: Record<string, NdArray> = { ...stateOf([...step.state, ...gradients], zeros) };
  const swap = (slots: readonly StateSlot[]) => {
    for (const { input } of slots) [state[input], spare[input]] = [spare[input]!, state[input]!];
  };
  const perBatch = [...step.state.filter(({ kind }) => kind === 'statistics'), ...gradients];
  const perUpdate = step.state.filter(({ kind }) => kind !== 'statistics');
  let fed: Feeds = {};
  let sums = new Map<string, number>();
  let taken = 0;
  return {
    state: () => state,
    fed: () => fed,
    take: async (batch) => {
      fed = { ...state, ...batch.feeds, [share]: scalarArray(batch.samples) };
      const metrics = await runInto(sessions[0], fed, step.metrics, perBatch, spare);
      if (!Number.isFinite(metrics.get('loss'))) return metrics;
      swap(perBatch);
      taken += batch.samples;
      for (const [name, value] of metrics) sums.set(name, (sums.get(name) ?? 0) + value * batch.samples);
      if (!batch.last) return undefined;
      const feeds = {
        ...state,
        [share]: scalarArray(1 / taken),
        [step.rate]: scalarArray(batch.rate),
        [step.step]: scalarArray(batch.step),
      };
      const more = await runInto(sessions[1], feeds, update.metrics, perUpdate, spare);
      swap(perUpdate);
      const means = [...sums].map(([name, sum]) => [name, sum / taken] as const);
      for (const { input } of gradients) (state[input]!.data as Float32Array).fill(0);
      [sums, taken] = [new Map(), 0];
      return new Map([...means, ...more]);
    },
    close: async () => {
      for (const session of sessions) await session.close();
    },
  };
}

/** Runs a graph: its slots go into arrays of `target`, its metrics come back. */
async function runInto(
  session: Session,
  feeds: Feeds,
  metrics: ReadonlyMap<string, string>,
  slots: readonly StateSlot[],
  target: State,
): Promise<Metrics> {
  const outputs: Record<string, NdArray> = {};
  for (const { input, output } of slots) outputs[output] = target[input]!;
  const scalars = [...metrics].map(([name, output]) => [name, (outputs[output] = scalarArray(0))] as const);
  await session.runInto(feeds, outputs);
  return new Map(scalars.map(([name, value]) => [name, Number(value.data[0])]));
}

/** Arrays for slots, by the names of their inputs. */
export function stateOf(slots: readonly StateSlot[], values: (slot: StateSlot) => Float32Array): State {
  return Object.fromEntries(
    slots.map((slot) => [slot.input, { type: 'float', dims: slot.dims, data: values(slot) }]),
  );
}

const zeros = ({ dims }: StateSlot): Float32Array => new Float32Array(dims.reduce((a, b) => a * b, 1));
const scalarArray = (value: number): NdArray => ({ type: 'float', dims: [], data: Float32Array.of(value) });
