import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import { adam } from '../../autodiff/optimizers/adam.ts';
import { trainStep } from '../../autodiff/train-step.ts';
import type { PareError } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../shared/step.testing.ts';
import { blobs } from './blobs.testing.ts';
import { createFeeder, type Feeder } from './feeder.ts';
import { type TrainingOptions, train } from './loop.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-training-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Convolution, batch normalization, ReLU, dropout and a matrix: everything that training treats in its own way. */
function network(): Model {
  return modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
    const vector = (name: string, value: number) =>
      build.constant('float', [8], new Float32Array(8).fill(value), name);
    const convolved = build.op('Conv', ['x', build.constant('float', [8, 2, 1, 1], normal(16, 3), 'conv.w')]);
    const normalized = build.op('BatchNormalization', [
      convolved,
      vector('bn.scale', 1),
      vector('bn.bias', 0),
      build.constant('float', [8], normal(8, 4, 0.1), 'bn.mean'),
      build.constant(
        'float',
        [8],
        normal(8, 5, 0.1).map((x) => 1 + Math.abs(x)),
        'bn.var',
      ),
    ]);
    const dropped = build.op('Dropout', [build.op('Relu', [normalized]), build.constant('float', [], [0.2])]);
    const flat = build.op('Reshape', [dropped, build.constant('int64', [2], [-1, 8])]);
    return build.op(
      'MatMul',
      [flat, build.constant('float', [8, 3], normal(24, 6, 0.3), 'fc.w')],
      {},
      { name: 'scores' },
    );
  });
}

const block = await ortRunner.blockedChannels();
const losses = [{ loss: crossEntropy() }];
const step = trainStep(network(), { losses, optimizer: adam(), average: 0.9 });
const feederOf = (dataset: Dataset, seed?: number): Feeder =>
  createFeeder({
    dataset,
    batch: 16,
    ...(seed === undefined ? {} : { seed }),
    feed: ({ input, labels }) => ({
      x: input,
      target: { type: 'int32', dims: [labels!.length], data: labels! },
    }),
  });
const weights = step.state.filter(({ kind }) => kind !== 'optimizer').map(({ weight }) => weight);
const options = (more: Partial<TrainingOptions> = {}): TrainingOptions => ({
  runner: ortRunner,
  step,
  data: feederOf(blobs(200, 1), 7),
  epochs: 4,
  rate: 0.02,
  schedule: { kind: 'cosine' },
  seed: 7,
  threads: 1,
  ...more,
});
const bits = (trained: Awaited<ReturnType<typeof train>>) =>
  Object.fromEntries(
    [...trained.weights].map(([name, { values }]) => [name, Buffer.from(values.buffer).toString('hex')]),
  );

describe('the training loop', () => {
  it('learns to tell the points apart', async () => {
    const points: number[] = [];
    const validation = {
      step: evaluationStep(network(), losses, weights),
      data: feederOf(blobs(300, 2)),
      by: 'accuracy',
    };
    const trained = await train(
      options({
        epochs: 12,
        validation,
        metric: (name, value) => name === 'validation-accuracy' && points.push(value),
      }),
    );
    expect(trained.best!.score).toBeGreaterThan(0.9);
    expect(trained.best!.score).toBe(Math.max(...points));
  });

  it('gives the same weights for the same seed, others for another', async () => {
    const [a, b, c] = [await train(options()), await train(options()), await train(options({ seed: 8 }))];
    expect(bits(a)).toEqual(bits(b));
    expect(bits(a)).not.toEqual(bits(c));
  });

  it('goes on to bit-identical weights after being cut off at any step', async () => {
    const whole = bits(await train(options()));
    const rng = createRng(3);
    for (let round = 0; round < 6; round++) {
      const checkpoint = { folder: join(folder, `${round}`), key: 'k' };
      // Cut off up to three times, each time later than the last.
      for (let cut = 0, last = 0; cut < 3; cut++) {
        const stop = new AbortController();
        last += 1 + rng.integer(15);
        const progress = (done: number) => done >= last && stop.abort();
        await expect(train(options({ checkpoint, signal: stop.signal, progress }))).rejects.toMatchObject({
          code: 'cancelled',
        });
      }
      expect(bits(await train(options({ checkpoint })))).toEqual(whole);
    }
  });

  it('goes on from the last checkpoint after a crash that saved nothing', async () => {
    const whole = bits(await train(options()));
    const checkpoint = { folder: join(folder, 'crash'), key: 'k' };
    for (const last of [17, 20, 45]) {
      const progress = (done: number) => {
        if (done === last) throw new Error('crash');
      };
      await expect(train(options({ checkpoint, progress }))).rejects.toThrow('crash');
    }
    expect(bits(await train(options({ checkpoint })))).toEqual(whole);
  });

  it('starts anew where the checkpoint is of another training', async () => {
    const place = join(folder, 'other');
    await train(options({ checkpoint: { folder: place, key: 'a' }, epochs: 1 }));
    const trained = await train(options({ checkpoint: { folder: place, key: 'b' } }));
    expect(bits(trained)).toEqual(bits(await train(options())));
  });

  it('ends early when nothing gets better', async () => {
    const validation = {
      step: evaluationStep(network(), losses, weights),
      data: feederOf(blobs(50, 2)),
      by: 'accuracy',
      patience: 2,
    };
    const trained = await train(options({ epochs: 60, validation, rate: 0.05 }));
    expect(trained.stoppedEarly).toBe(true);
    expect(trained.epochs).toBe(trained.best!.epoch + 3);
  });

  it('names the layer where the first value that is not finite is made', async () => {
    const model = modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
      const flat = build.op('Reshape', ['x', build.constant('int64', [2], [-1, 2])]);
      const hidden = build.op('MatMul', [flat, build.constant('float', [2, 4], normal(8, 1), 'a')]);
      const burst = build.op(
        'Exp',
        [build.op('Mul', [hidden, build.constant('float', [1], [1e3])])],
        {},
        { name: 'burst' },
      );
      return build.op('MatMul', [burst, build.constant('float', [4, 3], normal(12, 2), 'b')]);
    });
    const bad = trainStep(model, { losses, optimizer: adam() });
    await expect(train(options({ step: bad }))).rejects.toMatchObject({
      code: 'training-diverged',
      place: { name: 'burst' },
    });
  });

  it.skipIf(block === undefined)('names that layer too where it runs on blocks of channels', async () => {
    const model = modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
      const weights = (dims: readonly number[], seed: number, scale: number) =>
        build.constant('float', dims, normal(dims[0]! * dims[1]!, seed, scale), `weights ${seed}`);
      const first = build.op('Conv', ['x', weights([32, 2, 1, 1], 1, 1e30)], {}, { name: 'first' });
      const second = build.op('Conv', [first, weights([32, 32, 1, 1], 2, 1e30)], {}, { name: 'second' });
      const flat = build.op('Flatten', [build.op('Relu', [second])]);
      return build.op('MatMul', [flat, weights([32, 3], 3, 1)]);
    });
    const places = await Promise.all(
      [undefined, block].map(async (size) => {
        const bad = trainStep(model, { losses, optimizer: adam(), block: size, batch: 16 });
        const error: unknown = await train(options({ step: bad })).catch((reason: unknown) => reason);
        return (error as PareError).place;
      }),
    );
    expect(places).toEqual([{ name: 'second' }, { name: 'second' }]);
  });

  it('feeds every sample once an epoch, in another order each time', async () => {
    const feeder = createFeeder({
      dataset: blobs(50, 1),
      batch: 16,
      seed: 1,
      feed: ({ indices }) => ({
        i: { type: 'int32', dims: [indices.length], data: Int32Array.from(indices) },
      }),
    });
    const order = async (epoch: number, from = 0) => {
      const seen: number[] = [];
      for await (const { feeds } of feeder.epoch(epoch, from)) seen.push(...(feeds.i!.data as Int32Array));
      return seen;
    };
    const [first, second] = [await order(0), await order(1)];
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(second).not.toEqual(first);
    expect(await order(1, 2)).toEqual(second.slice(32));
  });
});
