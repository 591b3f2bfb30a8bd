import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { npyFile } from '../data/array-files.testing.ts';
import { type DataSource, dataSource } from '../data/source.ts';
import { int } from '../ir/attribute.ts';
import type { Model } from '../ir/model.ts';
import { tensorType } from '../ir/value-type.ts';
import { evaluate } from '../measure/evaluate.ts';
import { inputsFor } from '../measure/inputs.ts';
import { ortRunner } from '../runtime/session.ts';
import { distill } from '../steps/distill/distill.ts';
import { finetune } from '../steps/finetune/finetune.ts';
import { quantize } from '../steps/quantize/quantize.ts';
import { applyStep, modelOf, normal } from '../steps/shared/step.testing.ts';
import { openData } from './apply-step.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-inputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [size, width] = [400, 6];

/** Samples whose class is the sign of the one feature that the mask lets through: nothing is learned without the mask. */
function write(): DataSource {
  const rng = createRng(1);
  const x = Float32Array.from({ length: size * width }, () => rng.normal());
  const mask = new BigInt64Array(size * width);
  const labels = BigInt64Array.from({ length: size }, (_, sample) => {
    const place = sample * width + rng.integer(width);
    mask[place] = 1n;
    return x[place]! > 0 ? 1n : 0n;
  });
  writeFileSync(join(folder, 'x.npy'), npyFile('<f4', [size, width], x));
  writeFileSync(join(folder, 'mask.npy'), npyFile('<i8', [size, width], mask));
  writeFileSync(join(folder, 'y.npy'), npyFile('<i8', [size], labels));
  return source({ mask: 'mask.npy' });
}
const source = (inputs: Readonly<Record<string, string>>) =>
  dataSource.parse({ images: 'x.npy', labels: 'y.npy', inputs });

/** The mask, of integers, is the first input: names decide which is which. */
function network(batch: number | 'batch' = 'batch', seed = 1): Model {
  const model = modelOf({ mask: [batch, width], x: [batch, width] }, (build) => {
    const seen = build.op('Mul', ['x', build.op('Cast', ['mask'], { to: int(1) })]);
    const first = build.constant('float', [width, 8], normal(width * 8, seed, 0.5), 'first');
    const hidden = build.op('Relu', [
      build.op('Gemm', [seen, first, build.constant('float', [8], new Float32Array(8), 'bias')]),
    ]);
    return build.op('MatMul', [hidden, build.constant('float', [8, 2], normal(16, seed + 1, 0.5), 'last')]);
  });
  model.graph.inputs[0] = { name: 'mask', type: tensorType('int64', [batch, width]) };
  return model;
}

const training = { epochs: 20, rate: 0.02, batch: 32 };
const accuracy = async (model: Model, data: DataSource) =>
  (await evaluate(ortRunner, model, await openData(data, folder, model))).accuracy!.value;

describe('a model of two inputs', () => {
  const data = write();

  it('is trained, distilled, quantized and measured on an array for each', async () => {
    const train = await openData(data, folder, network());
    expect(train).toMatchObject({ sampleShape: [width], furtherShapes: { mask: [width] } });
    const { model: trained } = await applyStep(finetune, network(), training, {}, { train });
    expect(await accuracy(trained, data)).toBeGreaterThan(0.95);
    const distilled = await applyStep(
      distill,
      network('batch', 9),
      { ...training, soft: '100 %' },
      {},
      { train, original: trained },
    );
    expect(await accuracy(distilled.model, data)).toBeGreaterThan(0.95);
    const { model: small } = await applyStep(quantize, trained, {}, {}, { train });
    expect(small.graph.nodes.some(({ opType }) => opType === 'QuantizeLinear')).toBe(true);
    expect(await accuracy(small, data)).toBeGreaterThan(0.93);
  });

  it('gets whole batches where its batch is fixed', async () => {
    const model = network(7);
    expect(await accuracy(model, data)).toBe(await accuracy(network(), data));
    const session = await ortRunner.open(model);
    const feeds = await inputsFor(session, 1, await openData(data, folder, model));
    await session.run(feeds);
    await session.close();
    expect(feeds.mask).toMatchObject({ type: 'int64', dims: [7, width] });
    expect(
      [...(feeds.mask!.data as BigInt64Array).slice(0, width)].filter((value) => value === 1n),
    ).toHaveLength(1);
  });

  it('says which input the data have nothing for, and which name is none', async () => {
    await expect(accuracy(network(), source({}))).rejects.toMatchObject({ code: 'model-inputs' });
    await expect(accuracy(network(), source({ maks: 'mask.npy' }))).rejects.toMatchObject({
      code: 'data-inputs',
      message: expect.stringContaining("Did you mean 'mask'?"),
    });
    await expect(accuracy(network(), source({ mask: 'mask.npy', x: 'x.npy' }))).rejects.toMatchObject({
      code: 'model-inputs',
    });
  });

  it('refuses arrays of too few rows or another shape, and tells data apart by them', async () => {
    writeFileSync(
      join(folder, 'short.npy'),
      npyFile('<i8', [size - 1, width], new BigInt64Array((size - 1) * width)),
    );
    writeFileSync(
      join(folder, 'wide.npy'),
      npyFile('<i8', [size, 2 * width], new BigInt64Array(2 * size * width)),
    );
    writeFileSync(join(folder, 'other.npy'), npyFile('<i8', [size, width], new BigInt64Array(size * width)));
    const open = (mask: string) => openData(source({ mask }), folder, network());
    await expect(open('short.npy')).rejects.toMatchObject({ code: 'data-inputs' });
    await expect(open('wide.npy')).rejects.toMatchObject({ code: 'data-shape' });
    expect((await open('other.npy')).hash).not.toBe((await open('mask.npy')).hash);
  });
});
