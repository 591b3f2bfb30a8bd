import { describe, expect, it } from 'vitest';
import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import type { Batch, Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { floats } from '../../ir/tensor.ts';
import { ortRunner } from '../../runtime/session.ts';
import { finetune } from '../finetune/finetune.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { classWeights } from './class-weights.ts';
import { objectiveOf } from './objective.ts';

const size = 256;
const inputs = normal(2 * size, 1);
const doubles = (dims: readonly number[], data: ArrayLike<number>): NdArray => ({
  type: 'double',
  dims,
  data: Float64Array.from(data),
});

interface Answers {
  readonly classes?: number;
  readonly label?: (sample: number) => number;
  /** Values of a sample, by output. */
  readonly targets?: Readonly<Record<string, (sample: number) => readonly number[]>>;
}

/** Normally distributed points with answers that are computed from their number. */
function points({ classes, label, targets = {} }: Answers): Dataset {
  return {
    size,
    sampleShape: [2],
    classes,
    classNames: undefined,
    ...(Object.keys(targets).length > 0
      ? {
          targetShapes: Object.fromEntries(
            Object.entries(targets).map(([name, of]) => [name, [of(0).length]]),
          ),
        }
      : {}),
    hash: 'points',
    async *batches(batch, indices = Array.from({ length: size }, (_, i) => i)) {
      for (let at = 0; at < indices.length; at += batch) {
        const picked = Array.from(
          { length: Math.min(batch, indices.length - at) },
          (_, i) => indices[at + i]!,
        );
        yield {
          input: {
            type: 'float',
            dims: [picked.length, 2],
            data: Float32Array.from(picked.flatMap((i) => [inputs[2 * i]!, inputs[2 * i + 1]!])),
          },
          labels: label && Int32Array.from(picked, label),
          targets: Object.fromEntries(
            Object.entries(targets).map(([name, of]) => [
              name,
              doubles(
                [picked.length, of(0).length],
                picked.flatMap((i) => [...of(i)]),
              ),
            ]),
          ),
          indices: picked,
        };
      }
    },
  };
}

/** One matrix for each output, which has so many columns. */
const network = (columns: Readonly<Record<string, number>>): Model => {
  const model = modelOf({ x: ['batch', 2] }, (build) =>
    Object.entries(columns).map(([name, width], index) =>
      build.op(
        'MatMul',
        ['x', build.constant('float', [2, width], normal(2 * width, index + 2, 0.1), `${name}.w`)],
        {},
        { name },
      ),
    ),
  );
  return model;
};
const at = (i: number) => [inputs[2 * i]!, inputs[2 * i + 1]!] as const;
const line = (i: number) => [2 * at(i)[0] - at(i)[1]];
const side = (i: number) => (at(i)[0] + at(i)[1] > 0 ? 1 : 0);
const settings = (more: Readonly<Record<string, unknown>> = {}) =>
  finetune.settings.parse(more) as unknown as Parameters<typeof objectiveOf>[2];

async function firstBatch(data: Dataset): Promise<Batch> {
  for await (const batch of data.batches(64)) return batch;
  throw new Error('no batch');
}

/** The metrics that an objective gives on the first samples. */
async function judge(model: Model, data: Dataset, more: Readonly<Record<string, unknown>>) {
  const objective = await objectiveOf(model, data, settings(more));
  const step = evaluationStep(model, objective.losses, []);
  const batch = await firstBatch(data);
  const targets = await objective.targets(batch, { changed: false });
  const session = await ortRunner.open(step.model);
  const results = await session.run({
    x: batch.input,
    ...Object.fromEntries(step.targets.map(({ name, target }) => [name, targets[target]!])),
  });
  await session.close();
  return Object.fromEntries(
    [...step.metrics].map(([name, output]) => [name, Number(results[output]!.data[0])]),
  );
}

describe('what a model is trained towards', () => {
  it.each(['auto', 'mse', 'l1', 'huber'])('values by %s: finds the matrix that made them', async (loss) => {
    const { model } = await applyStep(
      finetune,
      network({ y: 1 }),
      { loss, epochs: 60, rate: 0.05, batch: 32, decay: 0 },
      {},
      { train: points({ targets: { y: line } }) },
    );
    const [a, b] = floats(model.graph.initializers.get('y.w')!);
    expect(a).toBeCloseTo(2, 1);
    expect(b).toBeCloseTo(-1, 1);
  });

  it('directions by cosine', async () => {
    const direction = (i: number) => [3 * at(i)[0] + at(i)[1], 5 * at(i)[1]];
    const data = points({ targets: { y: direction } });
    const before = await judge(network({ y: 2 }), data, { loss: 'cosine' });
    const { model } = await applyStep(
      finetune,
      network({ y: 2 }),
      { loss: 'cosine', epochs: 60, rate: 0.05, batch: 32, decay: 0 },
      {},
      { train: data },
    );
    const after = await judge(model, data, { loss: 'cosine' });
    expect(before.loss).toBeGreaterThan(0.1);
    expect(after.loss).toBeLessThan(0.001);
  });

  it('several outputs, each with its loss and its weight', async () => {
    const data = points({ classes: 2, label: side, targets: { y: line } });
    const model = network({ scores: 2, y: 1 });
    const parts = await judge(model, data, {});
    expect(Object.keys(parts)).toEqual(['loss', 'cross-entropy', 'accuracy', 'squared-error']);
    expect(parts.loss).toBeCloseTo(parts['cross-entropy']! + parts['squared-error']!, 5);
    const outputs = [
      { output: 'y', loss: 'l1', weight: 3 },
      { output: 'scores', weight: 0.5 },
    ];
    const weighted = await judge(model, data, { outputs });
    expect(weighted['cross-entropy']).toBeCloseTo(parts['cross-entropy']!, 5);
    expect(weighted.loss).toBeCloseTo(3 * weighted['absolute-error']! + 0.5 * weighted['cross-entropy']!, 5);
    const alone = await judge(model, data, { outputs: [{ output: 'y' }] });
    expect(alone).toEqual({ loss: parts['squared-error'] });
  });

  it('classes of a second output, given as targets', async () => {
    const data = points({ targets: { scores: (i) => [side(i)] } });
    const other = points({ classes: 2, label: side });
    const [given, labelled] = [
      await judge(network({ scores: 2 }), data, { loss: 'cross-entropy' }),
      await judge(network({ scores: 2 }), other, {}),
    ];
    expect(given).toEqual(labelled);
  });

  it('yes or no, from one score', async () => {
    const data = points({ classes: 2, label: side });
    const model = network({ score: 1 });
    // The definition, in double precision.
    const { input } = await firstBatch(data);
    const [a, b] = floats(model.graph.initializers.get('score.w')!) as unknown as [number, number];
    const x = input.data as Float32Array;
    const expected = (smoothing: number, weight: number) => {
      let sum = 0;
      for (let i = 0; i < 64; i++) {
        const p = 1 / (1 + Math.exp(-(a * x[2 * i]! + b * x[2 * i + 1]!)));
        const t = side(i) * (1 - smoothing) + smoothing / 2;
        sum -= weight * t * Math.log(p) + (1 - t) * Math.log(1 - p);
      }
      return sum / 64;
    };
    expect((await judge(model, data, {})).loss).toBeCloseTo(expected(0, 1), 5);
    const more = { loss: 'binary', smoothing: '20 %', 'class-weights': [0.5, 1.5] };
    expect((await judge(model, data, more)).loss).toBeCloseTo(expected(0.2, 3), 5);
  });

  it('balanced weights make classes count alike', async () => {
    const rare = points({ classes: 3, label: (i) => (i % 8 === 0 ? 2 : 0) });
    const weights = await classWeights(rare);
    expect(weights[1]).toBe(0);
    expect(weights[0]! * (size - size / 8)).toBeCloseTo(weights[2]! * (size / 8), 9);
    const model = network({ scores: 3 });
    const [balanced, listed] = [
      await judge(model, rare, { 'class-weights': 'balanced' }),
      await judge(model, rare, { 'class-weights': weights }),
    ];
    expect(balanced).toEqual(listed);
    expect(balanced.loss).not.toBeCloseTo((await judge(model, rare, {})).loss!, 3);
  });

  const labelled = points({ classes: 2, label: side });
  const valued = points({ targets: { y: line } });
  it.each<readonly [string, Dataset, Readonly<Record<string, unknown>>, string]>([
    ['a distance to classes', labelled, { loss: 'mse' }, 'loss-data'],
    ['cross entropy of one score', labelled, { loss: 'cross-entropy' }, 'loss-data'],
    ['values of another size', points({ targets: { y: at } }), {}, 'loss-data'],
    ['an output that is not there', valued, { outputs: [{ output: 'z' }] }, 'loss-output'],
    ['class weights for values', valued, { 'class-weights': 'balanced' }, 'loss-weights'],
    ['no answers', points({}), {}, 'needs-labels'],
    ['yes and no beyond 0 and 1', valued, { loss: 'binary' }, 'label-range'],
  ])('refuses %s', async (_, data, more, code) => {
    await expect(judge(network({ y: 1 }), data, more)).rejects.toMatchObject({ code });
  });

  it('refuses values as classes', async () => {
    const data = points({ targets: { y: line } });
    await expect(judge(network({ y: 2 }), data, { loss: 'cross-entropy' })).rejects.toMatchObject({
      code: 'label-range',
    });
  });
});
