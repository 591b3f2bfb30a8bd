import { Cancelled, PareError, RunFailed } from '../base/errors.ts';
import { fromFloat16 } from '../base/float16.ts';
import type { Batch, Dataset } from '../data/dataset.ts';
import { feedsOf, padFeeds } from '../data/feeds.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { TargetScore } from '../protocol/run.ts';
import type { Session } from '../steps/runner.ts';
import type { EvaluateOptions } from './evaluate.ts';
import { fixedBatch } from './fixed-batch.ts';

/**
 * How near the outputs come to the data's targets, output by output: mean absolute error and root mean square error over all
 * elements, or, where a target is the class that an output has the highest score for, the share of samples that it gets right.
 * Errors: `model-outputs` for targets of an output that the model does not have, or of another size; `output-nan`;
 * `run-failed`, `cancelled`.
 */
export async function targetScores(
  session: Session,
  dataset: Dataset,
  { batch = 64, signal, progress }: EvaluateOptions = {},
): Promise<readonly TargetScore[]> {
  const names = Object.keys(dataset.targetShapes ?? {});
  const missing = names.find((name) => !session.outputs.some((output) => output.name === name));
  if (missing !== undefined)
    throw new PareError(
      'model-outputs',
      `The model has no output '${missing}', which the data have targets for.`,
      {
        hint: `Its outputs are ${session.outputs.map(({ name }) => name).join(', ')}.`,
      },
    );
  const fixed = fixedBatch(session);
  const sums = new Map(
    names.map((name): [string, Sums] => [name, { absolute: 0, square: 0, elements: 0, right: 0 }]),
  );
  let kinds: readonly TargetScore['kind'][] = [];
  let done = 0;
  const size = fixed ?? (await anyBatch(session, dataset, batch));
  for await (const samples of dataset.batches(size)) {
    if (signal?.aborted) throw new Cancelled();
    const feeds = feedsOf(samples, session.inputs);
    const results = await session.run(fixed === undefined ? feeds : padFeeds(feeds, fixed), names);
    kinds = names.map((name) => add(sums.get(name)!, name, results[name]!, samples));
    done += samples.indices.length;
    progress?.(done, dataset.size);
  }
  return names.map((output, index): TargetScore => {
    const { absolute, square, elements, right } = sums.get(output)!;
    return kinds[index] === 'classes'
      ? { kind: 'classes', output, samples: elements, accuracy: right / elements }
      : {
          kind: 'values',
          output,
          samples: done,
          mae: absolute / elements,
          rmse: Math.sqrt(square / elements),
        };
  });
}

interface Sums {
  absolute: number;
  square: number;
  elements: number;
  right: number;
}

/** The batch, or 1 for models that declare any batch but have one built in. */
async function anyBatch(session: Session, dataset: Dataset, batch: number): Promise<number> {
  for await (const samples of dataset.batches(batch)) {
    try {
      await session.run(feedsOf(samples, session.inputs));
      return batch;
    } catch (error) {
      if (error instanceof RunFailed) return 1;
      throw error;
    }
  }
  return batch;
}

/** Adds a batch's errors up; says whether the targets are values or classes. Rows beyond the samples are padding. */
function add(sums: Sums, name: string, result: NdArray, { targets, indices }: Batch): TargetScore['kind'] {
  const samples = indices.length;
  const wanted = targets![name]!.data as Float64Array;
  const given = numbersOf(result);
  const each = result.dims.slice(1).reduce((a, b) => a * b, 1);
  const [classes = 0, ...places] = result.dims.slice(1);
  if (given && wanted.length === samples * each) {
    for (const [i, value] of wanted.entries()) {
      const error = finite(given[i]!, name, indices[Math.floor(i / each)]!) - value;
      sums.absolute += Math.abs(error);
      sums.square += error * error;
    }
    sums.elements += wanted.length;
    return 'values';
  }
  const inner = places.reduce((a, b) => a * b, 1);
  if (!given || classes < 2 || wanted.length !== samples * inner)
    throw new PareError(
      'model-outputs',
      `Output '${name}' is ${result.type}[${result.dims.join(', ')}]; the data have ${wanted.length / samples} target values a sample for it.`,
      {
        hint: 'Give as many values as the output has, or one class for each row of scores.',
        place: { name },
      },
    );
  for (const [i, label] of wanted.entries()) {
    const start = Math.floor(i / inner) * each + (i % inner);
    let best = 0;
    for (let c = 0; c < classes; c++)
      if (
        finite(given[start + c * inner]!, name, indices[Math.floor(i / inner)]!) >
        given[start + best * inner]!
      )
        best = c;
    if (best === label) sums.right++;
  }
  sums.elements += wanted.length;
  return 'classes';
}

function numbersOf({ type, data }: NdArray): ArrayLike<number> | undefined {
  if (type === 'float16') return Float32Array.from(data as Uint16Array, fromFloat16);
  return type === 'float' || type === 'double' ? (data as ArrayLike<number>) : undefined;
}

function finite(value: number, output: string, sample: number): number {
  if (!Number.isNaN(value)) return value;
  throw new RunFailed('output-nan', `Output '${output}' of sample ${sample} is not a number.`, {
    hint: 'Some layer overflows: look for it with `pare compare`, and keep it in float32.',
    place: { name: output },
  });
}
