import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { prune } from '../prune/prune.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { accuracy } from '../train/accuracy.testing.ts';
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

  it('trains in little memory, with several batches an update, towards flat minima', async () => {
    const settings = { start: 'scratch', epochs: 20, rate: 0.02, batch: 16, memory: 'small' };
    const { model, notes } = await applyStep(
      finetune,
      perceptron(16),
      { ...settings, accumulate: 2, sharpness: 0.05, average: 0.9 },
      {},
      { train },
    );
    expect(await accuracy(model)).toBeGreaterThan(0.9);
    // 400 samples: 25 batches, 13 updates.
    expect(notes.join()).toContain(`${20 * 13} steps`);
  });

  it('gives layers a rate and a decay of their own', async () => {
    const model = perceptron(4);
    const gemm = model.graph.nodes.find(({ opType }) => opType === 'Gemm')!;
    // One step of plain descent over all samples: w (1 - rate decay) - rate gradient.
    const settings = { epochs: 1, batch: train.size, optimizer: 'sgd', momentum: 0, schedule: 'constant' };
    const after = async (decay: number, own: Readonly<Record<string, number>>) => {
      const { model: tuned } = await applyStep(
        finetune,
        model,
        { ...settings, rate: 0.1, decay },
        { [gemm.name]: own },
        { train },
      );
      return (name: string) => [...floats(tuned.graph.initializers.get(name)!)];
    };
    const plain = await after(0, {});
    const [slow, heavy] = [await after(0, { rate: 0.25 }), await after(0.5, { rate: 0.25, decay: 2 })];
    for (const name of ['first', 'bias', 'last']) {
      const before = [...floats(model.graph.initializers.get(name)!)];
      const change = plain(name).map((value, i) => value - before[i]!);
      const share = name === 'last' ? 1 : 0.25;
      const shrunk = { first: 0.1 * 0.25 * 2, bias: 0, last: 0.1 * 0.5 }[name]!;
      for (const [i, value] of before.entries()) {
        expect(slow(name)[i]).toBeCloseTo(value + share * change[i]!, 5);
        expect(heavy(name)[i]).toBeCloseTo(value * (1 - shrunk) + share * change[i]!, 5);
      }
    }
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
