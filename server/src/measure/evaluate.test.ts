import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { npyFile } from '../data/array-files.testing.ts';
import type { Dataset } from '../data/dataset.ts';
import { openDataset } from '../data/open.ts';
import { sharedData } from '../data/shared-data.testing.ts';
import { dataSource } from '../data/source.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { createNode } from '../ir/node.ts';
import { tensorType } from '../ir/value-type.ts';
import { ortRunner } from '../runtime/session.ts';
import { type ClassifierOptions, classifier } from './classifiers.testing.ts';
import { evaluate } from './evaluate.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [features, classes] = [4, 3] as const;

function open(samples: readonly (readonly number[])[], labels?: readonly number[]): Promise<Dataset> {
  writeFileSync(
    join(folder, 'samples.npy'),
    npyFile('<f4', [samples.length, features], Float32Array.from(samples.flat())),
  );
  if (labels)
    writeFileSync(join(folder, 'labels.npy'), npyFile('<i4', [labels.length], Int32Array.from(labels)));
  return openDataset(
    dataSource.parse({ images: 'samples.npy', ...(labels ? { labels: 'labels.npy' } : {}) }),
    folder,
    [features],
  );
}

/** Small integers, whose products are exact in every type. */
const integers = (count: number, seed: number) => {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => rng.integer(15) - 7);
};

function predictionsOf(samples: readonly (readonly number[])[], weights: readonly number[]): number[] {
  return samples.map((sample) => {
    const scores = Array.from({ length: classes }, (_, c) =>
      sample.reduce((sum, value, f) => sum + value * weights[f * classes + c]!, 0),
    );
    return scores.indexOf(Math.max(...scores));
  });
}

describe('evaluate', () => {
  it('predicts what the formula does, whatever the batch and the element type', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1000),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom<ClassifierOptions>(
          {},
          { batch: 1 },
          { batch: 4 },
          { builtIn: 1 },
          { type: 'float16' },
          { type: 'double' },
          { type: 'float16', batch: 4 },
          { type: 'int8' },
        ),
        fc.constantFrom(1, 3, 64),
        async (seed, count, options, batch) => {
          const weights = integers(features * classes, seed);
          const samples = Array.from({ length: count }, (_, i) => integers(features, seed + i + 1));
          const labels = integers(count, seed + 99).map((value) => Math.abs(value) % classes);
          const model = classifier(features, classes, weights, options);
          const found = await evaluate(ortRunner, model, await open(samples, labels), { batch, threads: 1 });
          const expected = predictionsOf(samples, weights);
          expect(Array.from(found.predictions)).toEqual(expected);
          expect(found.accuracy).toMatchObject({
            correct: expected.filter((prediction, i) => prediction === labels[i]).length,
            samples: count,
          });
          expect(found.output).toBe('scores');
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes the samples that it is told to', async () => {
    const weights = integers(features * classes, 5);
    const samples = Array.from({ length: 9 }, (_, i) => integers(features, i));
    const indices = [8, 2, 2, 5];
    const found = await evaluate(ortRunner, classifier(features, classes, weights), await open(samples), {
      indices,
    });
    expect(Array.from(found.predictions)).toEqual(
      predictionsOf(
        indices.map((index) => samples[index]!),
        weights,
      ),
    );
    expect(found.accuracy).toBeNull();
  });

  it('names the sample and the output that are not a number', async () => {
    const samples = Array.from({ length: 7 }, (_, i) => [i === 5 ? -1 : 1, 1, 1, 1]);
    const weights = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const found = evaluate(
      ortRunner,
      classifier(features, classes, weights, { log: true }),
      await open(samples),
      {
        batch: 2,
      },
    );
    await expect(found).rejects.toMatchObject({ code: 'output-nan', place: { name: 'scores' }, exitCode: 3 });
    await expect(found).rejects.toThrow(/sample 5 .*class 0/);
  });

  it('refuses a label that the model has no class for', async () => {
    const dataset = await open([integers(features, 1), integers(features, 2)], [0, 3]);
    const found = evaluate(ortRunner, classifier(features, classes, integers(12, 1)), dataset);
    await expect(found).rejects.toMatchObject({ code: 'data-labels', hint: expect.any(String) });
    await expect(found).rejects.toThrow(/Sample 1 has label 3/);
  });

  it('refuses a model with two inputs, and one that gives no scores', async () => {
    const two = new Graph();
    for (const name of ['a', 'b']) two.inputs.push({ name, type: tensorType('float', ['N', features]) });
    two.outputs.push({ name: 'y', type: tensorType('float', ['N', features]) });
    two.add([createNode('Add', ['a', 'b'], ['y'])]);
    const dataset = await open([integers(features, 1)]);
    await expect(evaluate(ortRunner, createModel(two), dataset)).rejects.toMatchObject({
      code: 'model-inputs',
    });
    const sum = new Graph();
    sum.inputs.push({ name: 'x', type: tensorType('float', ['N', features]) });
    sum.outputs.push({ name: 'y', type: tensorType('float') });
    sum.add([createNode('ReduceSum', ['x'], ['y'])]);
    await expect(evaluate(ortRunner, createModel(sum), dataset)).rejects.toMatchObject({
      code: 'model-outputs',
    });
  });

  it('stops between batches when it is cancelled, and says how far it is', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const samples = Array.from({ length: 10 }, (_, i) => integers(features, i));
    await expect(
      evaluate(ortRunner, classifier(features, classes, integers(12, 1)), await open(samples), {
        batch: 2,
        signal: controller.signal,
        progress: (done, total) => {
          expect(total).toBe(10);
          seen.push(done);
          if (done === 4) controller.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'cancelled', exitCode: 130 });
    expect(seen).toEqual([2, 4]);
  });

  it.skipIf(!sharedData)('finds the accuracy of LeNet-5 on MNIST that PyTorch found', async () => {
    const dataset = await openDataset(
      dataSource.parse({
        images: 't10k-images-idx3-ubyte.gz',
        labels: 't10k-labels-idx1-ubyte.gz',
        normalize: { scale: '1/255' },
      }),
      join(sharedData!, 'data/mnist'),
      [1, 28, 28],
    );
    const { accuracy } = await evaluate(
      ortRunner,
      { path: join(sharedData!, 'models/lenet-5.onnx') },
      dataset,
    );
    expect(accuracy).toMatchObject({ value: 0.9921, correct: 9921, samples: 10000 });
    expect(accuracy!.low).toBeCloseTo(0.99017, 5);
    expect(accuracy!.high).toBeCloseTo(0.99366, 5);
  });
});
