import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { sgd } from '../../../server/src/autodiff/optimizers/sgd.ts';
import { type TrainStep, trainStep } from '../../../server/src/autodiff/train-step.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { openStepper } from '../../../server/src/steps/train/stepper.ts';
import { rate } from './cases.ts';
import { batchesOf, type Job } from './job.ts';
import type { Stepper, Times } from './stepper.ts';

/** The training step of a case as a run of Pare builds it. */
export const stepOf = async ({ path, batch }: Job): Promise<TrainStep> =>
  trainStep(openModel(path), {
    losses: [{ loss: crossEntropy() }],
    optimizer: sgd({ momentum: 0.9 }),
    batch,
    block: await ortRunner.blockedChannels(),
  });

/** Trains with what a run of Pare trains with. */
export async function openOurs(job: Job, threads: number): Promise<Stepper> {
  const step = await stepOf(job);
  const batch = batchesOf(job);
  const stepper = await openStepper(ortRunner, step, undefined, { threads });
  let done = 0;
  return {
    run: async (steps) => {
      const times: Times[] = [];
      for (let i = 0; i < steps; i++) {
        const [samples, classes] = batch(done++);
        const feeds = { [step.data[0]!]: samples, [step.targets[0]!.name]: classes };
        const [started, usage] = [performance.now(), process.cpuUsage()];
        const metrics = await stepper.take({ feeds, samples: job.batch, rate, step: done, last: true });
        const { user, system } = process.cpuUsage(usage);
        const elapsed = performance.now() - started;
        times.push({ elapsed, busy: (user + system) / 1000, loss: metrics!.get('loss')! });
      }
      return times;
    },
    close: () => stepper.close(),
  };
}
