import { isWeight, modelCost } from '../analysis/cost.ts';
import type { Dataset } from '../data/dataset.ts';
import { constantsOf } from '../ir/constants.ts';
import type { Model } from '../ir/model.ts';
import { elements } from '../ir/tensor.ts';
import { comparePredictions } from '../measure/compare.ts';
import { evaluate } from '../measure/evaluate.ts';
import type { Comparison, Measurement } from '../protocol/run.ts';
import type { Runner } from '../steps/runner.ts';
import { fileBytes } from './file-bytes.ts';

interface Side {
  readonly path: string;
  readonly model: Model;
}

export interface MeasureRequest {
  readonly before: Side;
  readonly after: Side;
  readonly test: Dataset | undefined;
  readonly runner: Runner;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number, what: string) => void;
}

/** Measures both models on the same data, in one process, and how their predictions differ. */
export async function measureBoth({
  before,
  after,
  test,
  runner,
  signal,
  progress,
}: MeasureRequest): Promise<{
  readonly before: Measurement;
  readonly after: Measurement;
  readonly comparison: Comparison | null;
}> {
  const evaluated = async ({ path }: Side, what: string) =>
    test
      ? evaluate(runner, { path }, test, { signal, progress: (done, total) => progress(done, total, what) })
      : undefined;
  const [first, second] = [
    await evaluated(before, 'evaluating the original'),
    await evaluated(after, 'evaluating the result'),
  ];
  const measure = ({ path, model }: Side, accuracy: Measurement['accuracy']): Measurement => {
    const cost = modelCost(model);
    return {
      bytes: fileBytes(path),
      parameters: cost.parameters,
      zeros: zeroWeights(model),
      macs: cost.macs,
      latencyMs: { p50: 0, p95: 0 },
      throughput: 0,
      memoryBytes: null,
      accuracy,
    };
  };
  return {
    before: measure(before, first?.accuracy ?? null),
    after: measure(after, second?.accuracy ?? null),
    comparison:
      first && second ? comparePredictions(first.predictions, second.predictions, first.labels) : null,
  };
}

function zeroWeights(model: Model): number {
  let zeros = 0;
  for (const tensor of new Set(constantsOf(model.graph)))
    if (isWeight(tensor)) for (const value of elements(tensor)) if (Number(value) === 0) zeros++;
  return zeros;
}
