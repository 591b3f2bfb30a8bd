import type { EvaluationStep } from '../../autodiff/evaluation-step.ts';
import type { TrainStep } from '../../autodiff/train-step.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import type { Runner } from '../runner.ts';
import type { Best, State } from './checkpoint.ts';
import type { Feeder } from './feeder.ts';
import { trainedWeights } from './trained-weights.ts';

/** Samples that are not trained on, and how they judge the weights. */
export interface Validation {
  readonly step: EvaluationStep;
  readonly data: Feeder;
  /** Metric to choose by; larger is better for `accuracy`, smaller for everything else. */
  readonly by: string;
  /** Epochs without a better one after which training ends. */
  readonly patience?: number;
}

export interface Judge {
  readonly score: (state: State, step: TrainStep) => Promise<ReadonlyMap<string, number>>;
  readonly close: () => Promise<void>;
}

/** Evaluates weights on samples that are not trained on: metrics, means over all samples. */
export async function openJudge(
  runner: Runner,
  validation: Validation,
  threads: number | undefined,
): Promise<Judge> {
  const session = await runner.open(validation.step.model, threads === undefined ? {} : { threads });
  return {
    close: () => session.close(),
    score: async (state, step) => {
      const weights: Record<string, NdArray> = {};
      for (const [name, { slot, values }] of trainedWeights(step, state))
        weights[name] = { type: 'float', dims: slot.dims, data: values };
      const sums = new Map<string, number>();
      for await (const { feeds, samples } of validation.data.epoch(0)) {
        const results = await session.run({ ...feeds, ...weights });
        for (const [name, output] of validation.step.metrics)
          sums.set(name, (sums.get(name) ?? 0) + Number(results[output]!.data[0]) * samples);
      }
      return new Map([...sums].map(([name, sum]) => [name, sum / validation.data.samples]));
    },
  };
}

/** Whether a score is better than the best so far. */
export function isBetter(score: number, best: Best | undefined, by: string): boolean {
  return best === undefined || (by === 'accuracy' ? score > best.score : score < best.score);
}
