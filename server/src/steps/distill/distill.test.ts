import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelCost } from '../../analysis/cost.ts';
import { buildArchitecture } from '../../architecture/build.ts';
import type { Architecture } from '../../architecture/schema.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { saveModel } from '../../onnx/files.ts';
import { finetune } from '../finetune/finetune.ts';
import { prune } from '../prune/prune.ts';
import { applyStep } from '../shared/step.testing.ts';
import { accuracy } from '../train/accuracy.testing.ts';
import { blobs } from '../train/blobs.testing.ts';
import { distill } from './distill.ts';

const perceptron = (width: number): Architecture => ({
  input: [2, 1, 1],
  layers: [`dense ${width} relu`, 'dense 3'],
});
const train = blobs(400, 1);
const unlabelled: Dataset = {
  ...train,
  classes: undefined,
  async *batches(...given) {
    for await (const batch of train.batches(...given)) yield { ...batch, labels: undefined };
  },
};
const training = { epochs: 20, rate: 0.02, batch: 32 };
const weightsOf = ({ graph }: Model) =>
  [...graph.initializers.values()].flatMap((value) => [...floats(value)]);

describe('distill', () => {
  let teacher: Model;
  beforeAll(async () => {
    const untrained = buildArchitecture(perceptron(32), 1);
    teacher = (await applyStep(finetune, untrained, training, {}, { train })).model;
  });

  it("learns the teacher's answers without labels, also by a projected layer", async () => {
    for (const features of [[], [{ student: 'dense1', teacher: 'dense1', weight: 0.1 }]]) {
      const student = buildArchitecture(perceptron(5), 2);
      const { model, layers } = await applyStep(
        distill,
        student,
        { ...training, features },
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

  it('trains a student in words as it trains the same network from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pare-distill-'));
    saveModel(buildArchitecture(perceptron(6), 1), join(folder, 'student.onnx'));
    const [words, file] = await Promise.all(
      [perceptron(6), 'student.onnx'].map((student) =>
        applyStep(distill, teacher, { ...training, epochs: 2, student }, {}, { train, folder }),
      ),
    );
    expect(weightsOf(words!.model)).toEqual(weightsOf(file!.model));
    expect(words!.notes[0]).toBe(
      'The student has 39 parameters; the model that it takes the place of had 195.',
    );
  });

  it('narrows the model itself, whose largest units are a better start than new ones', async () => {
    const run = async (settings: object) =>
      (await applyStep(distill, teacher, { ...training, width: '25 %', ...settings }, {}, { train })).model;
    const begin = { epochs: 1, rate: 1e-6 };
    const [narrow, begun, fresh] = [
      await run({ start: 'scratch' }),
      await run(begin),
      await run({ ...begin, start: 'scratch' }),
    ];
    expect(modelCost(narrow).parameters).toBe(8 * 2 + 8 + 3 * 8 + 3);
    expect(await accuracy(narrow)).toBeGreaterThan(0.9);
    expect(await accuracy(begun)).toBeGreaterThan(await accuracy(fresh));
  });

  it('wins back what pruning lost, and keeps what it removed', async () => {
    const { model: pruned } = await applyStep(prune, teacher, { sparsity: '85 %', scope: 'layer' });
    const { model: tuned } = await applyStep(
      distill,
      pruned,
      { epochs: 5, rate: 0.02 },
      {},
      { train, original: teacher },
    );
    const zeros = (model: Model) =>
      [...model.graph.initializers.values()]
        .filter(({ dims }) => dims.length === 2)
        .map((value) => [...floats(value)].map((x) => x === 0));
    expect(zeros(tuned)).toEqual(zeros(pruned));
    expect(await accuracy(tuned)).toBeGreaterThan(await accuracy(pruned));
  });

  it.each([
    ['a layer that is not there', { features: [{ student: 'nowhere', teacher: 'dense1' }] }, 'feature-layer'],
    ['a student of other classes', { student: { input: [2, 1, 1], layers: ['dense 4'] } }, 'distill-classes'],
    ['a layer in words that nobody knows', { student: { input: [2], layers: ['dens 3'] } }, 'architecture'],
  ])('names %s', async (_, settings, code) => {
    await expect(applyStep(distill, teacher, settings, {}, { train })).rejects.toMatchObject({ code });
  });
});
