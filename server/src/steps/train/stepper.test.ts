import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import { adam } from '../../autodiff/optimizers/adam.ts';
import { type TrainStepOptions, trainStep } from '../../autodiff/train-step.ts';
import { createRng } from '../../base/rng.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../shared/step.testing.ts';
import { blobs } from './blobs.testing.ts';
import { createFeeder } from './feeder.ts';
import { type TrainingOptions, train } from './loop.ts';

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
