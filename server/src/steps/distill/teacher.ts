import { inferShapes } from '../../analysis/shapes.ts';
import { scoresOf } from '../../autodiff/losses/build-losses.ts';
import { PareError } from '../../base/errors.ts';
import type { Batch } from '../../data/dataset.ts';
import { feedsOf } from '../../data/feeds.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { shapeOf } from '../../ir/value-type.ts';
import type { Runner } from '../runner.ts';

/** What a teacher says of samples. */
export interface Teacher {
  /** Scores first, then the values asked for, of a batch. */
  readonly ask: (batch: Batch, changed: boolean) => Promise<readonly NdArray[]>;
  readonly close: () => Promise<void>;
}

/** Answers up to this size are kept, so that the teacher sees every sample once. */
const largestMemory = 2 ** 28;

/**
 * Opens a teacher: raw scores (before a final Softmax) and the given values of its graph. Scores of samples that were not
 * augmented are remembered by their place in the data set.
 */
export async function openTeacher(
  runner: Runner,
  model: Model,
  values: readonly string[],
  samples: number,
): Promise<Teacher> {
  const copy = cloneModel(model);
  const { graph } = copy;
  const output = graph.outputs[0]?.name;
  if (output === undefined)
    throw new PareError('teacher-outputs', 'The teacher has no output.', {
      hint: 'Give a classifier: its first output are the scores.',
    });
  const scores = scoresOf(graph, output, { scores: 'Softmax' });
  const wanted = [scores, ...values];
  graph.outputs.splice(0, graph.outputs.length, ...[...new Set(wanted)].map((name) => ({ name })));
  const session = await runner.open(copy);
  const ask = async (batch: Batch) => {
    const results = await session.run(feedsOf(batch, session.inputs), [...new Set(wanted)]);
    return wanted.map((name) => results[name]!);
  };
  return {
    ask: values.length > 0 ? ask : remembering(ask, samples),
    close: () => session.close(),
  };
}

/** Throws `distill-classes` where the student answers with other scores than the teacher. */
export function checkAnswers(student: Model, teacher: Model): void {
  const [ours, theirs] = [student, teacher].map((model) =>
    shapeOf(inferShapes(model).types.get(model.graph.outputs[0]?.name ?? ''))?.slice(1),
  );
  if (!ours || !theirs || [...ours, ...theirs].some((dim) => typeof dim !== 'number')) return;
  if (String(ours) !== String(theirs))
    throw new PareError(
      'distill-classes',
      `The student gives [${ours}] scores of a sample and the teacher [${theirs}].`,
      { hint: 'A student learns from a teacher of the same classes.' },
    );
}

function remembering(ask: (batch: Batch) => Promise<readonly NdArray[]>, samples: number): Teacher['ask'] {
  let known: Float32Array | undefined;
  const done = new Uint8Array(samples);
  return async (batch, changed) => {
    if (changed) return ask(batch);
    const { indices } = batch;
    if (known && indices.every((index) => done[index])) {
      const each = known.length / samples;
      const data = new Float32Array(indices.length * each);
      for (const [row, index] of indices.entries())
        data.set(known.subarray(index * each, (index + 1) * each), row * each);
      return [{ type: 'float', dims: [indices.length, each], data }];
    }
    const answer = await ask(batch);
    const { dims, data } = answer[0]!;
    if (dims.length !== 2 || samples * dims[1]! * 4 > largestMemory) return answer;
    const each = dims[1]!;
    known ??= new Float32Array(samples * each);
    for (const [row, index] of indices.entries()) {
      known.set((data as Float32Array).subarray(row * each, (row + 1) * each), index * each);
      done[index] = 1;
    }
    return answer;
  };
}
