import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import { squaredError } from '../../autodiff/losses/regression.ts';
import { adam } from '../../autodiff/optimizers/adam.ts';
import { sgd } from '../../autodiff/optimizers/sgd.ts';
import { type TrainStepOptions, trainStep } from '../../autodiff/train-step.ts';
import { createRng } from '../../base/rng.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../shared/step.testing.ts';
import { blobs } from './blobs.testing.ts';
import { createFeeder } from './feeder.ts';
import { type TrainingOptions, train } from './loop.ts';
import { openStepper } from './stepper.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-accumulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A matrix with zeros, batch normalization and dropout where asked, and another matrix. */
const network = (statistics: boolean) =>
  modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
    const first = normal(16, 1).map((value, i) => (i % 3 === 0 ? 0 : value));
    const flat = build.op('Flatten', ['x']);
    const hidden = build.op('MatMul', [flat, build.constant('float', [2, 8], first, 'first')]);
    const vector = (name: string, value: number) =>
      build.constant('float', [8], new Float32Array(8).fill(value), name);
    const normalized = statistics
      ? build.op('BatchNormalization', [
          hidden,
          vector('scale', 1),
          vector('bias', 0),
          vector('mean', 0),
          vector('var', 1),
        ])
      : build.op('Add', [hidden, vector('bias', 0.1)]);
    const active = build.op('Relu', [normalized]);
    const dropped = statistics ? build.op('Dropout', [active, build.constant('float', [], [0.2])]) : active;
    return build.op('MatMul', [dropped, build.constant('float', [8, 3], normal(24, 2, 0.3), 'last')]);
  });

const stepOf = (statistics: boolean, more: Partial<TrainStepOptions> = {}) =>
  trainStep(network(statistics), {
    losses: [{ loss: crossEntropy() }],
    optimizer: adam(),
    decay: 0.05,
    clip: { norm: 0.5 },
    average: 0.9,
    keepZeros: true,
    ...more,
  });

const options = (
  batch: number,
  more: Pick<TrainingOptions, 'step'> & Partial<TrainingOptions>,
): TrainingOptions => ({
  runner: ortRunner,
  data: createFeeder({
    dataset: blobs(200, 1),
    batch,
    seed: 7,
    feed: ({ input, labels }) => ({
      x: input,
      target: { type: 'int32', dims: [labels!.length], data: labels! },
    }),
  }),
  epochs: 4,
  rate: 0.02,
  schedule: { kind: 'cosine' },
  seed: 7,
  threads: 1,
  ...more,
});

describe('accumulated gradients', () => {
  it('move the weights as one large batch does', async () => {
    const points: [string, number][][] = [[], []];
    const metric = (at: number) => (name: string, value: number) => points[at]!.push([name, value]);
    // 200 samples: both make updates of 48, 48, 48, 48 and 8.
    const whole = await train(options(48, { step: stepOf(false), metric: metric(0) }));
    const parts = await train(
      options(16, { step: stepOf(false, { separate: true }), accumulate: 3, metric: metric(1) }),
    );
    expect(parts.steps).toBe(whole.steps);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    for (const [name, { values }] of whole.weights)
      for (const [i, value] of parts.weights.get(name)!.values.entries())
        expect(value).toBeCloseTo(values[i]!, 5);
    expect(points[1]!.map(([name]) => name)).toEqual(points[0]!.map(([name]) => name));
    for (const [i, [, value]] of points[1]!.entries()) expect(value).toBeCloseTo(points[0]![i]![1], 4);
  });

  it('go on to bit-identical weights after being cut off, with statistics and dropout', async () => {
    const step = stepOf(true, { separate: true });
    const bits = (trained: Awaited<ReturnType<typeof train>>) =>
      [...trained.weights].map(([name, { values }]) => [name, Buffer.from(values.buffer).toString('hex')]);
    const whole = bits(await train(options(16, { step, accumulate: 3 })));
    const rng = createRng(3);
    for (let round = 0; round < 4; round++) {
      const checkpoint = { folder: join(folder, `${round}`), key: 'k' };
      for (let cut = 0, last = 0; cut < 3; cut++) {
        const stop = new AbortController();
        last += 1 + rng.integer(5);
        const progress = (done: number) => done >= last && stop.abort();
        await expect(
          train(options(16, { step, accumulate: 3, checkpoint, signal: stop.signal, progress })),
        ).rejects.toMatchObject({ code: 'cancelled' });
      }
      expect(bits(await train(options(16, { step, accumulate: 3, checkpoint })))).toEqual(whole);
    }
  });
});

describe('sharpness-aware minimization', () => {
  it('takes the same steps as in PyTorch', async () => {
    const model = modelOf({ x: ['batch', 2] }, (build) => {
      const first = build.constant('float', [2, 3], [0.5, -1, 0.25, 1.5, 0.75, -0.5], 'first');
      const last = build.constant('float', [3, 2], [1, -0.5, 0, 2, -1.5, 0.5], 'last');
      return build.op('MatMul', [build.op('Tanh', [build.op('MatMul', ['x', first])]), last]);
    });
    const step = trainStep(model, {
      losses: [{ loss: squaredError() }],
      optimizer: sgd({ momentum: 0.9 }),
      separate: true,
      sharpness: 0.5,
    });
    const stepper = await openStepper(ortRunner, step, undefined, {});
    const matrix = (data: readonly number[]): NdArray => ({
      type: 'float',
      dims: [data.length / 2, 2],
      data: Float32Array.from(data),
    });
    const feeds = {
      x: matrix([1, 2, -1, 0.5, 0.3, -0.7, 2, 1]),
      target: matrix([1, 0, 0.5, -0.5, 0, 1, 2, -1]),
    };
    const losses: number[] = [];
    for (let at = 1; at <= 4; at++) {
      const metrics = await stepper.take({ feeds, samples: 4, rate: 0.02, step: at, last: true });
      losses.push(metrics!.get('loss')!);
    }
    // By PyTorch 2.13.
    for (const [i, loss] of [1.5187, 1.451292, 1.336089, 1.194658].entries())
      expect(losses[i]).toBeCloseTo(loss, 5);
    const expected = {
      first: [0.49281, -0.902904, 0.166438, 1.494989, 0.639134, -0.418176],
      last: [0.934721, -0.528538, -0.152199, 1.762886, -1.408449, 0.605672],
    };
    for (const [name, values] of Object.entries(expected))
      for (const [i, value] of values.entries()) expect(stepper.state()[name]!.data[i]).toBeCloseTo(value, 5);
    await stepper.close();
  });

  it('adds up batches, and leaves removed weights alone', async () => {
    const step = stepOf(false, { separate: true, sharpness: 0.1 });
    const trained = await train(options(16, { step, accumulate: 2 }));
    const first = trained.weights.get('first')!.values;
    for (let i = 0; i < first.length; i++) expect(first[i] === 0).toBe(i % 3 === 0);
    expect(trained.loss).toBeLessThan(0.6);
    expect(trained.steps).toBe(4 * 7);
  });
});
