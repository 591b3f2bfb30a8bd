import type { TrainStep } from '../../autodiff/train-step.ts';
import { Cancelled, RunFailed } from '../../base/errors.ts';
import type { Runner } from '../runner.ts';
import { type Best, loadCheckpoint, type Position, saveCheckpoint } from './checkpoint.ts';
import { findNonFinite } from './diverged.ts';
import { type Feeder, mixSeed } from './feeder.ts';
import { isBetter, openJudge, type Validation } from './judge.ts';
import { maskFeeds } from './mask-feeds.ts';
import { rateAt, type Schedule } from './schedule.ts';
import { stateOf } from './step-arrays.ts';
import { openStepper, type StepBatch, type Stepper } from './stepper.ts';
import { type TrainedWeights, trainedWeights } from './trained-weights.ts';

export interface TrainingOptions {
  readonly runner: Runner;
  readonly step: TrainStep;
  readonly data: Feeder;
  readonly epochs: number;
  /** Batches whose gradients make one update; 1 by default. More need a step with a separate update. */
  readonly accumulate?: number;
  /** Base learning rate. */
  readonly rate: number;
  readonly schedule: Schedule;
  readonly seed: number;
  readonly threads?: number;
  /** Samples kept apart, looked at after every epoch: the weights of the best epoch are the result. */
  readonly validation?: Validation;
  /** Where checkpoints are kept, and what tells this training from others. Without it nothing is written. */
  readonly checkpoint?: { readonly folder: string; readonly key: string; readonly everyMs?: number };
  readonly signal?: AbortSignal;
  readonly metric?: (name: string, value: number, at: number) => void;
  readonly progress?: (done: number, total: number, what: string) => void;
}

export interface Trained {
  /** The trained weights and statistics (averaged where an average was kept), by the names of the model's weights. */
  readonly weights: TrainedWeights;
  readonly epochs: number;
  readonly steps: number;
  readonly best: Best | undefined;
  /** True when it ended before all epochs because nothing got better. */
  readonly stoppedEarly: boolean;
  /** Mean loss of the last epoch. */
  readonly loss: number;
}

const defaultCheckpointMs = 30_000;
/** Curves get a point after so many steps. */
const stepsPerPoint = 10;

/**
 * Trains: epochs over shuffled batches. The same options and seed give the same weights, and a training that was cut off goes
 * on from its last checkpoint to the same weights.
 * Errors: `training-diverged` when the loss is no finite number; `cancelled`.
 */
export async function train(options: TrainingOptions): Promise<Trained> {
  const { runner, step, data, epochs, checkpoint, validation, signal, accumulate = 1 } = options;
  const sessionOptions = options.threads === undefined ? {} : { threads: options.threads };
  const resumed = checkpoint && loadCheckpoint(checkpoint.folder, 'last', step.state, checkpoint.key);
  const stepper = await openStepper(runner, step, resumed?.state, sessionOptions);
  const judge = validation && (await openJudge(runner, validation, options.threads));
  try {
    let position: Position = resumed?.position ?? { epoch: 0, batch: 0, step: 0, best: undefined };
    let best =
      resumed && checkpoint
        ? loadCheckpoint(checkpoint.folder, 'best', step.state, checkpoint.key)?.state
        : undefined;
    const total = epochs * Math.ceil(data.stepsPerEpoch / accumulate);
    let saved = Date.now();
    let [lossSum, lossSteps] = [0, 0];
    const exhausted = () =>
      position.best !== undefined &&
      position.epoch - 1 - position.best.epoch >= (validation?.patience ?? epochs);
    const save = () => {
      if (checkpoint)
        saveCheckpoint(checkpoint.folder, 'last', step.state, stepper.state(), position, checkpoint.key);
      saved = Date.now();
    };
    const curve = createCurve(options.metric);

    while (position.epoch < epochs && !exhausted()) {
      const { epoch } = position;
      [lossSum, lossSteps] = [0, 0];
      // Batches taken in since the last update.
      let pending = 0;
      for await (const { feeds, samples } of data.epoch(epoch, position.batch)) {
        if (signal?.aborted) {
          // Between the batches of an update there is nothing to go on from: the last checkpoint stands.
          if (pending === 0) save();
          throw new Cancelled();
        }
        const at = position.batch + pending++;
        const rate = rateAt(options.schedule, options.rate, position.step, total);
        const masks = maskFeeds(step, samples, mixSeed(options.seed, epoch * data.stepsPerEpoch + at));
        const batch: StepBatch = {
          feeds: { ...feeds, ...masks },
          samples,
          rate,
          step: position.step + 1,
          last: pending === accumulate || at + 1 === data.stepsPerEpoch,
        };
        const metrics = await takeFinite(options, stepper, batch);
        if (!metrics) continue;
        position = { ...position, batch: position.batch + pending, step: position.step + 1 };
        pending = 0;
        lossSum += metrics.get('loss')!;
        lossSteps++;
        curve(metrics, rate, position.step);
        options.progress?.(position.step, total, `epoch ${epoch + 1} of ${epochs}`);
        if (checkpoint && Date.now() - saved > (checkpoint.everyMs ?? defaultCheckpointMs)) save();
      }
      position = { ...position, epoch: epoch + 1, batch: 0 };
      if (judge && validation) {
        const state = stepper.state();
        const scores = await judge.score(state, step);
        for (const [name, value] of scores) options.metric?.(`validation-${name}`, value, position.step);
        const score = scores.get(validation.by)!;
        if (isBetter(score, position.best, validation.by)) {
          position = { ...position, best: { epoch, score } };
          best = stateOf(step.state, ({ input }) => (state[input]!.data as Float32Array).slice());
          if (checkpoint)
            saveCheckpoint(checkpoint.folder, 'best', step.state, best, position, checkpoint.key);
        }
      }
      save();
    }
    return {
      weights: trainedWeights(step, best ?? stepper.state()),
      epochs: position.epoch,
      steps: position.step,
      best: position.best,
      stoppedEarly: position.epoch < epochs,
      loss: lossSum / Math.max(1, lossSteps),
    };
  } finally {
    await stepper.close();
    await judge?.close();
  }
}

/** Takes a batch in; throws `training-diverged`, with the place, where the loss is no finite number. */
async function takeFinite(
  { runner, step }: TrainingOptions,
  stepper: Stepper,
  batch: StepBatch,
): ReturnType<Stepper['take']> {
  const metrics = await stepper.take(batch);
  if (!metrics || Number.isFinite(metrics.get('loss'))) return metrics;
  const where = await findNonFinite(runner, step, stepper.fed());
  throw new RunFailed(
    'training-diverged',
    `The loss is no finite number at step ${batch.step}${where === undefined ? '' : `: the first such value is in ${where}`}.`,
    {
      hint: 'Lower the learning rate, add warm-up steps or clip the gradient.',
      ...(where ? { place: { name: where } } : {}),
    },
  );
}

/** Gathers metrics and reports their means, a point for every few steps. */
function createCurve(metric: TrainingOptions['metric']) {
  let sums = new Map<string, number>();
  let steps = 0;
  return (values: ReadonlyMap<string, number>, rate: number, at: number) => {
    if (!metric) return;
    for (const [name, value] of values) sums.set(name, (sums.get(name) ?? 0) + value);
    if (++steps < stepsPerPoint) return;
    for (const [name, sum] of sums) metric(name, sum / steps, at);
    metric('learning-rate', rate, at);
    [sums, steps] = [new Map(), 0];
  };
}
