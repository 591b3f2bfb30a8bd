import { Cancelled, PareError } from '../base/errors.ts';
import type { Batch, Dataset } from '../data/dataset.ts';
import { feedsOf, padFeeds } from '../data/feeds.ts';
import type { Model } from '../ir/model.ts';
import { formatType } from '../ir/value-type.ts';
import type { Accuracy } from '../protocol/run.ts';
import type { Runner, Session, SessionOptions } from '../steps/runner.ts';
import { accuracyOf } from './accuracy.ts';
import { type ClassScores, classScores, highest } from './class-scores.ts';
import { fixedBatch } from './fixed-batch.ts';

export interface EvaluateOptions {
  /** Samples a run; 64 by default. A model with a fixed batch gets that one. */
  readonly batch?: number;
  /** Looked at between batches. */
  readonly signal?: AbortSignal;
  /** In samples. */
  readonly progress?: (done: number, total: number) => void;
  /** The samples to use; all by default. */
  readonly indices?: ArrayLike<number>;
  /** The score above which an output of one score a sample says yes; without it such an output is no classifier's. */
  readonly yesAbove?: (output: string) => number;
}

export interface Evaluation {
  /** Null when the data have no labels. */
  readonly accuracy: Accuracy | null;
  /** Class of each sample, in the order in which the samples were asked for. */
  readonly predictions: Int32Array;
  readonly labels: Int32Array | undefined;
  /** The output that was read. */
  readonly output: string;
}

/** Opens the model, runs it on every sample and closes it. Errors: those of `evaluateSession`, `session-failed`. */
export async function evaluate(
  runner: Runner,
  model: Model | Uint8Array | { readonly path: string },
  dataset: Dataset,
  options: EvaluateOptions & SessionOptions = {},
): Promise<Evaluation> {
  const session = await runner.open(model, options);
  try {
    return await evaluateSession(session, dataset, options);
  } finally {
    await session.close();
  }
}

/**
 * Runs a classifier on every sample: the class is the highest score of its first floating-point output of shape
 * [samples, classes]; with `yesAbove` an output of one score says no or yes, classes 0 and 1. Errors: `model-inputs`, `input-type`, `model-outputs`, `output-nan`, `data-labels` when a label is no
 * class of the model, `run-failed`, `cancelled`.
 */
export async function evaluateSession(
  session: Session,
  dataset: Dataset,
  { batch = 64, signal, progress, indices, yesAbove }: EvaluateOptions = {},
): Promise<Evaluation> {
  const fixed = fixedBatch(session);
  const total = indices?.length ?? dataset.size;
  const batches = fixed ? [fixed] : [...new Set([batch, 1])];
  const way = await findWay(session, dataset, batches, indices, yesAbove);
  const predictions = new Int32Array(total);
  const labels = dataset.classes === undefined ? undefined : new Int32Array(total);
  let done = 0;
  for await (const samples of dataset.batches(way.batch, indices)) {
    if (signal?.aborted) throw new Cancelled();
    const scores = await way.run(samples);
    for (const [row, sample] of samples.indices.entries()) {
      predictions[done + row] = highest(scores, row, sample, way.output);
      if (labels && samples.labels) labels[done + row] = knownLabel(samples.labels[row]!, scores, sample);
    }
    done += samples.indices.length;
    progress?.(done, total);
  }
  return {
    accuracy: labels ? accuracyOf(predictions, labels, way.classes, dataset.classNames) : null,
    predictions,
    labels,
    output: way.output,
  };
}

/** How this model is run: which output holds the scores, and how many samples go in at once. */
interface Way {
  readonly batch: number;
  readonly output: string;
  readonly classes: number;
  readonly run: (samples: Batch) => Promise<ClassScores>;
}

/** Tries the batch sizes in turn: some models declare any batch but have one built in. */
async function findWay(
  session: Session,
  dataset: Dataset,
  batches: readonly number[],
  indices: ArrayLike<number> | undefined,
  yesAbove: EvaluateOptions['yesAbove'],
): Promise<Way> {
  const run = async (samples: Batch, batch: number, fetch?: readonly string[]) => {
    const feeds = feedsOf(samples, session.inputs);
    // A fixed batch is filled up; rows beyond the samples are never read.
    return session.run(fixed === undefined ? feeds : padFeeds(feeds, batch), fetch);
  };
  const fixed = fixedBatch(session);
  let failure: unknown;
  for (const batch of batches) {
    const first = (await dataset.batches(batch, indices)[Symbol.asyncIterator]().next()).value as Batch;
    const rows = (samples: Batch) => (fixed !== undefined ? batch : samples.indices.length);
    try {
      const results = await run(first, batch);
      // Any output with several scores comes before one that says yes or no.
      for (const threshold of yesAbove ? [undefined, yesAbove] : [undefined]) {
        for (const { name } of session.outputs) {
          const scores = classScores(results[name]!, rows(first), threshold?.(name));
          if (!scores) continue;
          return {
            batch,
            output: name,
            classes: scores.classes,
            run: async (samples) => {
              const result = (await run(samples, batch, [name]))[name]!;
              const scores = classScores(result, rows(samples), threshold?.(name));
              if (!scores) throw noScores(session);
              return scores;
            },
          };
        }
      }
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure ?? noScores(session);
}

const noScores = (session: Session) =>
  new PareError(
    'model-outputs',
    `None of the model's outputs (${session.outputs.map(({ name, type }) => `${name}: ${formatType(type)}`).join(', ')}) holds one row of class scores a sample.`,
    {
      hint: 'Accuracy needs a classifier: a float output of shape [samples, classes] with two or more classes, or one score for yes and no.',
    },
  );

function knownLabel(label: number, { classes }: ClassScores, sample: number): number {
  if (label < classes) return label;
  throw new PareError(
    'data-labels',
    `Sample ${sample} has label ${label}, but the model tells ${classes} classes apart, 0 to ${classes - 1}.`,
    { hint: 'Use the labels that the model was trained on.' },
  );
}
