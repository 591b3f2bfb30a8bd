import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { sgd } from '../../../server/src/autodiff/optimizers/sgd.ts';
import { initialState } from '../../../server/src/autodiff/state.ts';
import { type TrainStep, trainStep } from '../../../server/src/autodiff/train-step.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { batchOf, type Prepared, rate } from './cases.ts';
import type { Stepper, Times } from './stepper.ts';

/** The training step of a case as a run of Pare builds it. */
export const stepOf = async ({ path, batch }: Pick<Prepared, 'path' | 'batch'>): Promise<TrainStep> =>
  trainStep(openModel(path), {
    losses: [{ loss: crossEntropy() }],
    optimizer: sgd({ momentum: 0.9 }),
    batch,
    block: await ortRunner.blockedChannels(),
  });

/** What every step is fed beside its state. */
export function feedsOf(step: TrainStep, item: Prepared, done: number): Readonly<Record<string, NdArray>> {
  const { samples, classes } = batchOf(item, done);
  return {
    [step.data[0]!]: samples,
    [step.targets[0]!.name]: classes,
    [step.rate]: floats([], Float32Array.of(rate)),
    [step.step]: floats([], Float32Array.of(done + 1)),
  };
}

/** Runs a case as a run of Pare does: two sets of arrays for the state, each the input of one step and the output of the next. */
export async function openOurs(item: Prepared, threads: number): Promise<Stepper> {
  const step = await stepOf(item);
  const session = await ortRunner.open(step.model, { threads });
  let state = step.state.map((slot) => floats(slot.dims, initialState(slot)));
  let spare = step.state.map(({ dims }) => floats(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))));
  const metrics = new Map(
    [...step.metrics].map(([name, output]) => [name, { output, array: floats([], new Float32Array(1)) }]),
  );
  let done = 0;
  return {
    run: async (steps) => {
      const times: Times[] = [];
      for (let i = 0; i < steps; i++, done++) {
        const feeds = {
          ...feedsOf(step, item, done),
          ...Object.fromEntries(step.state.map(({ input }, at) => [input, state[at]!])),
        };
        const outputs = Object.fromEntries([
          ...step.state.map(({ output }, at) => [output, spare[at]!] as const),
          ...[...metrics.values()].map(({ output, array }) => [output, array] as const),
        ]);
        const [started, usage] = [performance.now(), process.cpuUsage()];
        await session.runInto(feeds, outputs);
        const { user, system } = process.cpuUsage(usage);
        const elapsed = performance.now() - started;
        const loss = Number(metrics.get('loss')!.array.data[0]);
        times.push({ elapsed, busy: (user + system) / 1000, loss });
        [state, spare] = [spare, state];
      }
      return times;
    },
    close: () => session.close(),
  };
}

const floats = (dims: readonly number[], data: Float32Array): NdArray => ({ type: 'float', dims, data });
