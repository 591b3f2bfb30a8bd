import { modelCost } from '../analysis/cost.ts';
import { PareError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { Measurement, TargetScore } from '../protocol/run.ts';
import type { Runner, Session } from '../steps/runner.ts';
import { benchmark, type Contestant, type Ratio } from './benchmark.ts';
import { bytesOnDisk } from './bytes-on-disk.ts';
import { type EvaluateOptions, type Evaluation, evaluateSession } from './evaluate.ts';
import { inputsFor } from './inputs.ts';
import { median } from './quantile.ts';
import { targetScores } from './target-scores.ts';
import { zeroWeights } from './weights.ts';
import { yesAbove } from './yes-above.ts';

/** A model to measure. */
export interface Subject {
  readonly model: Model;
  /** Its file: what the runtime loads, and what its size is read from. */
  readonly path: string;
}

export interface MeasureOptions {
  /** Test data for accuracy, and for the inputs that are timed; zeros are timed otherwise. */
  readonly dataset?: Dataset | undefined;
  /** Threads within an operator; 1 by default, which gives the steadiest times. */
  readonly threads?: number | undefined;
  /** Samples in each timed run; 1 by default. */
  readonly batch?: number | undefined;
  /** False leaves out memory, which takes three processes a model. */
  readonly memory?: boolean | undefined;
  /** Of the timing. */
  readonly rounds?: number | undefined;
  readonly budgetMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How far the whole is: `what` names the part. */
  readonly progress?: ((done: number, total: number, what: string) => void) | undefined;
}

export interface Measured {
  /** In the order of the subjects. */
  readonly measurements: readonly Measurement[];
  readonly evaluations: readonly (Evaluation | null)[];
  /** Latency of each over that of the first. */
  readonly ratios: readonly Ratio[];
  readonly notes: readonly string[];
}

/** Memory is measured so many times, and the median taken. */
const memoryRuns = 3;

/**
 * Measures models side by side: size, weights, operations, interleaved latency, peak memory, and accuracy when there are
 * test data. Errors: `session-failed`, `run-failed`, `memory-failed`, those of `evaluateSession`, `cancelled`.
 */
export async function measureModels(
  runner: Runner,
  subjects: readonly Subject[],
  { dataset, threads = 1, batch = 1, memory = true, rounds, budgetMs, signal, progress }: MeasureOptions = {},
): Promise<Measured> {
  const sessions: Session[] = [];
  try {
    for (const { path } of subjects) sessions.push(await runner.open({ path }, { threads }));
    const contestants: Contestant[] = [];
    for (const session of sessions) {
      const feeds = await inputsFor(session, batch, dataset);
      contestants.push({ session, feeds, samples: samplesIn(feeds) });
    }
    const timed = await benchmark(contestants, {
      ...(rounds === undefined ? {} : { rounds }),
      ...(budgetMs === undefined ? {} : { budgetMs }),
      signal,
      progress: (done, total) => progress?.(done, total, 'latency'),
    });
    const evaluations: (Evaluation | null)[] = [];
    const targets: (readonly TargetScore[])[] = [];
    for (const [index, session] of sessions.entries()) {
      const part = sessions.length > 1 ? `accuracy, model ${index + 1} of ${sessions.length}` : 'accuracy';
      const evaluation = {
        ...(signal ? { signal } : {}),
        // Without classes a single score may as well be a value.
        ...(dataset?.classes === undefined ? {} : { yesAbove: yesAbove(subjects[index]!.model) }),
        progress: (done: number, total: number) => progress?.(done, total, part),
      };
      evaluations.push(dataset ? await evaluateIfClassifier(session, dataset, evaluation) : null);
      targets.push(dataset?.targetShapes ? await targetScores(session, dataset, evaluation) : []);
    }
    const measurements: Measurement[] = [];
    for (const [index, { model, path }] of subjects.entries()) {
      const { parameters, macs } = modelCost(model);
      const { p50, p95, throughput } = timed.timings[index]!;
      const memoryBytes = memory
        ? await memoryOf(runner, path, threads, contestants[index]!, signal, (done) =>
            progress?.(index * memoryRuns + done, subjects.length * memoryRuns, 'memory'),
          )
        : null;
      measurements.push({
        bytes: bytesOnDisk(model, path),
        parameters,
        zeros: zeroWeights(model),
        macs,
        latencyMs: { p50, p95 },
        throughput,
        memoryBytes,
        accuracy: evaluations[index]?.accuracy ?? null,
        ...(dataset?.targetShapes ? { targets: targets[index]! } : {}),
      });
    }
    return { measurements, evaluations, ratios: timed.ratios, notes: timed.notes };
  } finally {
    for (const session of sessions) await session.close();
  }
}

const samplesIn = (feeds: Readonly<Record<string, NdArray>>): number =>
  Math.max(1, Object.values(feeds)[0]?.dims[0] ?? 1);

/** Samples without labels can still be compared between classifiers; other models have nothing to say of them. */
async function evaluateIfClassifier(
  session: Session,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Evaluation | null> {
  if (dataset.classes === undefined && dataset.targetShapes) return null;
  try {
    return await evaluateSession(session, dataset, options);
  } catch (error) {
    const unfit = error instanceof PareError && ['model-inputs', 'model-outputs'].includes(error.code);
    if (unfit && dataset.classes === undefined) return null;
    throw error;
  }
}

async function memoryOf(
  runner: Runner,
  path: string,
  threads: number,
  { feeds }: Contestant,
  signal: AbortSignal | undefined,
  progress: (done: number) => void,
): Promise<number> {
  const dims = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, value.dims]));
  const found: number[] = [];
  while (found.length < memoryRuns) {
    found.push(await runner.peakMemory({ path }, { threads, dims, signal }));
    progress(found.length);
  }
  return median(found);
}
