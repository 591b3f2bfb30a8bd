import { describe, expect, it } from 'vitest';
import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { ortRunner } from '../../runtime/session.ts';
import { distill } from '../distill/distill.ts';
import { prune } from '../prune/prune.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { blobs } from '../train/blobs.testing.ts';
import { finetune } from './finetune.ts';

const perceptron = (width: number): Model =>
  modelOf({ x: ['batch', 2, 1, 1] }, (build) => {
    const flat = build.op('Flatten', ['x']);
    const first = build.constant('float', [2, width], normal(2 * width, 1), 'first');
    const bias = build.constant('float', [width], new Float32Array(width), 'bias');
    const hidden = build.op('Relu', [build.op('Gemm', [flat, first, bias])], {}, { name: 'hidden' });
    return build.op('MatMul', [
      hidden,
      build.constant('float', [width, 3], normal(3 * width, 2, 0.3), 'last'),
    ]);
  });
const train = blobs(400, 1);

/** Share of samples that a model gets right. */
async function accuracy(model: Model, data: Dataset = blobs(300, 2)): Promise<number> {
  const step = evaluationStep(model, [{ loss: crossEntropy() }], []);
  const session = await ortRunner.open(step.model);
  for await (const { input, labels } of data.batches(data.size)) {
    const results = await session.run({
      x: input,
      [step.targets[0]!.name]: { type: 'int32', dims: [data.size], data: labels! },
    });
    await session.close();
    return Number(results[step.metrics.get('accuracy')!]!.data[0]);
  }
  throw new Error('no batch');
}

describe('finetune', () => {
  it('trains from scratch and leaves the given model as it was', async () => {
    const model = perceptron(16);
    const before = floats(model.graph.initializers.get('first')!).slice();
    const { model: trained, layers } = await applyStep(
      finetune,
      model,
      { start: 'scratch', epochs: 20, rate: 0.02, batch: 32 },
      {},
      { train },
    );
    expect(await accuracy(trained)).toBeGreaterThan(0.9);
    expect(floats(model.graph.initializers.get('first')!)).toEqual(before);
    expect(layers.map(({ change }) => change)).toEqual(['trained', 'trained']);
  });

  it('keeps what pruning removed', async () => {
    const { model: pruned } = await applyStep(prune, perceptron(32), { sparsity: '60 %', scope: 'layer' });
    const { model: tuned } = await applyStep(finetune, pruned, { epochs: 5, rate: 0.02 }, {}, { train });
    const zeros = (model: Model, name: string) =>
      [...floats(model.graph.initializers.get(name)!)].map((value) => value === 0);
    for (const name of ['first', 'last']) expect(zeros(tuned, name)).toEqual(zeros(pruned, name));
    expect(await accuracy(tuned)).toBeGreaterThan(await accuracy(pruned));
  });

  it('freezes skipped layers', async () => {
    const model = perceptron(4);
    const gemm = model.graph.nodes.find(({ opType }) => opType === 'Gemm')!;
    const { model: tuned, layers } = await applyStep(
      finetune,
      model,
      { epochs: 1 },
      { [gemm.name]: { skip: true } },
      { train },
    );
    const bits = (of: Model, name: string) => [...floats(of.graph.initializers.get(name)!)];
    expect(bits(tuned, 'first')).toEqual(bits(model, 'first'));
    expect(bits(tuned, 'bias')).toEqual(bits(model, 'bias'));
    expect(bits(tuned, 'last')).not.toEqual(bits(model, 'last'));
    expect(layers.map(({ change }) => change)).toEqual(['left alone: skipped', 'trained']);
  });

  it('says what is missing: training data, or a class that the model does not have', async () => {
    await expect(applyStep(finetune, perceptron(4), {}, {}, { test: train })).rejects.toMatchObject({
      code: 'needs-data',
    });
    const strange: Dataset = {
      ...train,
      async *batches(...given) {
        for await (const batch of train.batches(...given))
          yield { ...batch, labels: batch.labels!.map((label) => label + 1) };
      },
    };
    await expect(applyStep(finetune, perceptron(4), {}, {}, { train: strange })).rejects.toMatchObject({
      code: 'label-range',
    });
  });
});

describe('distill', () => {
  it("learns the teacher's answers without labels, also by a projected layer", async () => {
    const { model: teacher } = await applyStep(
      finetune,
      perceptron(16),
      { epochs: 20, rate: 0.02, batch: 32 },
      {},
      { train },
    );
    const unlabelled: Dataset = {
      ...train,
      classes: undefined,
      async *batches(...given) {
        for await (const batch of train.batches(...given)) yield { ...batch, labels: undefined };
      },
    };
    for (const features of [[], [{ student: 'hidden', teacher: 'hidden', weight: 0.1 }]]) {
      const student = perceptron(5);
      const { model, layers } = await applyStep(
        distill,
        student,
        { start: 'scratch', epochs: 20, rate: 0.02, batch: 32, features },
        {},
        { train: unlabelled, original: teacher },
      );
      expect(await accuracy(model)).toBeGreaterThan(0.9);
      expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(
        student.graph.nodes.map(({ opType }) => opType),
      );
      expect([...model.graph.initializers.keys()]).toEqual([...student.graph.initializers.keys()]);
      expect(layers).toHaveLength(2);
    }
  });

  it('names a layer that is not there', async () => {
    const features = [{ student: 'nowhere', teacher: 'hidden' }];
    await expect(
      applyStep(distill, perceptron(4), { features }, {}, { train, original: perceptron(8) }),
    ).rejects.toMatchObject({ code: 'feature-layer' });
  });
});
