import { initialState } from '../../autodiff/state.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import type { Runner, SessionOptions } from '../runner.ts';
import type { State } from './checkpoint.ts';
import type { Feeds } from './feeder.ts';
import { openSeparateStepper } from './separate-stepper.ts';
import { runStep, scalarArray, stateOf, zeros } from './step-arrays.ts';

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
  const lean = { ...options, memoryPattern: false };
  return step.update
    ? openSeparateStepper(runner, step, step.update, start, lean)
    : openOne(runner, step, start, lean);
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
      const metrics = await runStep(session, fed, step.metrics, step.state, spare);
      [state, spare] = [spare, state];
      return metrics;
    },
    close: () => session.close(),
  };
}
