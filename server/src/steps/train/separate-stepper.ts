import type { SeparateUpdate } from '../../autodiff/separate-step.ts';
import type { StateSlot } from '../../autodiff/state.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import type { Runner, SessionOptions } from '../runner.ts';
import type { State } from './checkpoint.ts';
import type { Feeds } from './feeder.ts';
import { runStep, scalarArray, stateOf, zeros } from './step-arrays.ts';
import type { Stepper } from './stepper.ts';

type Arrays = Record<string, NdArray>;

/**
 * Opens a step of two graphs: gradients are summed up batch by batch, each counting as often as it has samples; the update
 * then takes their mean. With an ascent the gradient of a batch is taken twice, the second time at the weights moved uphill.
 */
export async function openSeparateStepper(
  runner: Runner,
  step: TrainStep,
  update: SeparateUpdate,
  start: State,
  options: SessionOptions,
): Promise<Stepper> {
  const { gradients, share, ascent } = update;
  const session = await runner.open(step.model, options);
  const updater = await runner.open(update.model, options);
  const climber = ascent && (await runner.open(ascent.model, options));
  const state: Arrays = { ...start, ...stateOf(gradients, zeros) };
  const spare: Arrays = { ...stateOf([...step.state, ...gradients], zeros) };
  const swap = (slots: readonly StateSlot[]) => {
    for (const { input } of slots) [state[input], spare[input]] = [spare[input]!, state[input]!];
  };
  const perBatch = [...step.state.filter(({ kind }) => kind === 'statistics'), ...gradients];
  const perUpdate = step.state.filter(({ kind }) => kind !== 'statistics');
  const nothing = ascent ? stateOf(gradients, zeros) : {};

  /** From the gradient alone in `spare` to the sum with the gradient uphill. Parameters of `spare` are free until the update. */
  const climb = async (feeds: Feeds) => {
    if (!ascent || !climber) return;
    const gradient: Arrays = {};
    for (const { input } of gradients) gradient[input] = spare[input]!;
    const [uphill, parameters]: [Arrays, Arrays] = [{}, {}];
    for (const [weight, output] of ascent.moved) uphill[output] = parameters[weight] = spare[weight]!;
    await climber.runInto({ ...state, ...gradient }, uphill);
    const sums: Arrays = {};
    for (const { input } of gradients) sums[input] = state[input]!;
    await runStep(session, { ...feeds, ...sums, ...parameters }, new Map(), gradients, spare);
  };

  let fed: Feeds = {};
  let metricSums = new Map<string, number>();
  let taken = 0;
  return {
    state: () => state,
    fed: () => fed,
    take: async ({ feeds, samples, rate, step: number, last }) => {
      fed = { ...state, ...nothing, ...feeds, [share]: scalarArray(samples) };
      const metrics = await runStep(session, fed, step.metrics, perBatch, spare);
      if (!Number.isFinite(metrics.get('loss'))) return metrics;
      await climb(fed);
      swap(perBatch);
      taken += samples;
      for (const [name, value] of metrics)
        metricSums.set(name, (metricSums.get(name) ?? 0) + value * samples);
      if (!last) return undefined;
      const inputs = {
        ...state,
        [share]: scalarArray(1 / taken),
        [step.rate]: scalarArray(rate),
        [step.step]: scalarArray(number),
      };
      const more = await runStep(updater, inputs, update.metrics, perUpdate, spare);
      swap(perUpdate);
      const means = [...metricSums].map(([name, sum]) => [name, sum / taken] as const);
      for (const { input } of gradients) (state[input]!.data as Float32Array).fill(0);
      [metricSums, taken] = [new Map(), 0];
      return new Map([...means, ...more]);
    },
    close: async () => {
      for (const opened of [session, updater, climber]) await opened?.close();
    },
  };
}
