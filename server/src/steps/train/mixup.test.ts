import { describe, expect, it } from 'vitest';
import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import type { Batch } from '../../data/dataset.ts';
import { int } from '../../ir/attribute.ts';
import { tensorType } from '../../ir/value-type.ts';
import { evaluate } from '../../measure/evaluate.ts';
import { ortRunner } from '../../runtime/session.ts';
import { distill } from '../distill/distill.ts';
import { finetune } from '../finetune/finetune.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { blobs } from './blobs.testing.ts';
import { drawMix, mixed } from './mixup.ts';
import { objectiveOf } from './objective.ts';

const perceptron = (width: number) =>
  modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
    const first = build.constant('float', [2, width], normal(2 * width, 1), 'first');
    const hidden = build.op('Relu', [build.op('MatMul', [build.op('Flatten', ['x']), first])]);
    const last = build.constant('float', [width, 3], normal(3 * width, 2, 0.3), 'last');
    return build.op('MatMul', [hidden, last]);
  });
const train = blobs(400, 1);
const batchOf = async (indices: readonly number[]): Promise<Batch> => {
  for await (const batch of train.batches(indices.length, indices)) return batch;
  throw new Error('no batch');
};
const accuracy = async (model: ReturnType<typeof perceptron>) =>
  (await evaluate(ortRunner, model, blobs(300, 2))).accuracy!.value;

describe('mixup', () => {
  it.each([0.1, 0.4, 1, 4])(
    'draws shares from Beta(%d, same): mean 1/2, variance 1 / (8 alpha + 4)',
    async (alpha) => {
      const batch = { ...(await batchOf([0])), indices: Array.from({ length: 20_000 }, (_, i) => i) };
      const { shares, partners } = drawMix(batch, alpha, 3, 0);
      const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
      const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance * (8 * alpha + 4)).toBeGreaterThan(0.95);
      expect(variance * (8 * alpha + 4)).toBeLessThan(1.05);
      expect(Math.max(...shares) <= 1 && Math.min(...shares) >= 0).toBe(true);
      expect(new Set(partners).size).toBeGreaterThan(10_000);
    },
  );

  it('follows from seed, epoch and sample', async () => {
    const [a, b] = [await batchOf([5, 6, 7]), await batchOf([7, 5, 6])];
    const [first, turned] = [drawMix(a, 0.5, 1, 2), drawMix(b, 0.5, 1, 2)];
    expect(turned.shares).toEqual([first.shares[2], first.shares[0], first.shares[1]]);
    expect(drawMix(a, 0.5, 1, 3).shares).not.toEqual(first.shares);
    expect(drawMix(a, 0.5, 2, 2).shares).not.toEqual(first.shares);
  });

  it('has the loss of both classes, each by its share', async () => {
    const batch = await batchOf([0, 1, 2, 3, 4, 5]);
    const mix = { partners: [1, 0, 4, 3, 5, 2], shares: [0.9, 0.2, 0.5, 0.3, 1, 0] };
    const settings = finetune.settings.parse({}) as unknown as Parameters<typeof objectiveOf>[2];
    const model = perceptron(8);
    /** Loss of the mixed samples with the answers that `targets` gives. */
    const loss = async (soft: boolean, rows: Batch, withMix: boolean) => {
      const objective = await objectiveOf(model, train, settings, soft);
      const step = evaluationStep(model, objective.losses, []);
      const targets = await objective.targets(rows, { changed: true, mix: withMix ? mix : undefined });
      const session = await ortRunner.open(step.model);
      const results = await session.run({
        x: mixed(batch.input, mix),
        ...Object.fromEntries(step.targets.map(({ name, target }) => [name, targets[target]!])),
      });
      await session.close();
      return Number(results[step.metrics.get('loss')!]!.data[0]);
    };
    // By single samples: the hard loss of each is the only one that differs from a constant elsewhere.
    const hard = async (labels: Int32Array) => loss(false, { ...batch, labels }, false);
    const own = batch.labels!;
    const other = Int32Array.from(mix.partners, (partner) => own[partner]!);
    let expected = await hard(own);
    for (const [row, share] of mix.shares.entries()) {
      const swapped = own.slice();
      swapped[row] = other[row]!;
      expected += (1 - share) * ((await hard(swapped)) - (await hard(own)));
    }
    expect(await loss(true, batch, true)).toBeCloseTo(expected, 5);
  });

  it('trains, and distils from the answers to mixed samples', async () => {
    const settings = { epochs: 20, rate: 0.02, batch: 32, mixup: 0.3, validation: '10 %' };
    const { model: tuned, notes } = await applyStep(finetune, perceptron(16), settings, {}, { train });
    expect(await accuracy(tuned)).toBeGreaterThan(0.9);
    expect(notes.join()).toContain('accuracy');
    const { model: student } = await applyStep(
      distill,
      perceptron(6),
      { ...settings, start: 'scratch' },
      {},
      { train, original: tuned },
    );
    expect(await accuracy(student)).toBeGreaterThan(0.9);
  });

  it('refuses inputs that are no floats', async () => {
    const model = modelOf({ x: ['batch', 2, 1, 1] }, (build) =>
      build.op('MatMul', [
        build.op('Flatten', [build.op('Cast', ['x'], { to: int(1) })]),
        build.constant('float', [2, 3], normal(6, 1), 'w'),
      ]),
    );
    model.graph.inputs[0] = { name: 'x', type: tensorType('int64', ['batch', 2, 1, 1]) };
    await expect(applyStep(finetune, model, { mixup: 0.2 }, {}, { train })).rejects.toMatchObject({
      code: 'training-augment',
    });
  });
});
