import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { idxFile, npyFile } from './array-files.testing.ts';
import type { Batch, Dataset } from './dataset.ts';
import { describeDataset } from './facts.ts';
import { openDataset } from './open.ts';
import { type DataSource, dataSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-data-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return name;
}
const source = (value: Record<string, unknown>): DataSource => dataSource.parse(value);
async function all(dataset: Dataset, batch = 100, indices?: ArrayLike<number>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const item of dataset.batches(batch, indices)) batches.push(item);
  return batches;
}
const error = (code: string, name: string) =>
  expect.objectContaining({ code, place: { file: join(folder, name) }, hint: expect.any(String) });

const images = file(
  'images',
  idxFile(
    'uint8',
    [3, 2, 2],
    Array.from({ length: 12 }, (_, i) => i * 20),
  ),
);
const labels = file('labels', idxFile('uint8', [3], [2, 0, 1]));

describe('openDataset', () => {
  it('gives bytes as floats in the shape of the model, with a channel axis', async () => {
    const dataset = await openDataset(
      source({ images, labels, normalize: { scale: '1/255' } }),
      folder,
      [1, 2, 2],
    );
    expect(dataset).toMatchObject({ size: 3, sampleShape: [1, 2, 2], classes: 3 });
    const [first, second] = await all(dataset, 2);
    expect(first!.input.dims).toEqual([2, 1, 2, 2]);
    expect(first!.input.data).toEqual(Float32Array.from({ length: 8 }, (_, i) => (i * 20) / 255));
    expect(first!.labels).toEqual(Int32Array.of(2, 0));
    expect(second!.input.dims).toEqual([1, 1, 2, 2]);
    expect(second!.indices).toEqual([2]);
  });

  it('gives the samples that are asked for, in their order', async () => {
    const dataset = await openDataset(source({ images, labels }), folder);
    const [batch] = await all(dataset, 3, [2, 0, 2]);
    expect(batch!.labels).toEqual(Int32Array.of(1, 2, 1));
    expect(Array.from(batch!.input.data as Float32Array)).toEqual([
      160, 180, 200, 220, 0, 20, 40, 60, 160, 180, 200, 220,
    ]);
    await expect(all(dataset, 1, [3])).rejects.toThrow(RangeError);
    await expect(all(dataset, 0)).rejects.toMatchObject({ code: 'bad-batch' });
  });

  it('normalizes like the formula, for bytes and for floats, for both orders of channels', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('first' as const, 'last' as const),
        fc.constantFrom('first' as const, 'last' as const),
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 48, maxLength: 48 }),
        async (stored, wanted, asFloats, values) => {
          const [channels, height, width] = [3, 2, 4] as const;
          const place = (order: 'first' | 'last', c: number, p: number) =>
            order === 'first' ? c * height * width + p : p * channels + c;
          const shape = (order: 'first' | 'last') =>
            order === 'first' ? [channels, height, width] : [height, width, channels];
          const mean = [0.4, 0.5, 0.6];
          const std = [0.2, 0.25, 0.3];
          const name = file(
            'property.npy',
            asFloats
              ? npyFile('<f4', [2, ...shape(stored)], Float32Array.from(values))
              : npyFile('|u1', [2, ...shape(stored)], Uint8Array.from(values)),
          );
          const dataset = await openDataset(
            source({ images: name, normalize: { scale: 1 / 255, mean, std } }),
            folder,
            shape(wanted),
          );
          const [batch] = await all(dataset);
          const out = batch!.input.data as Float32Array;
          for (let n = 0; n < 2; n++)
            for (let c = 0; c < channels; c++)
              for (let p = 0; p < height * width; p++)
                expect(out[n * 24 + place(wanted, c, p)]).toBe(
                  Math.fround((values[n * 24 + place(stored, c, p)]! * (1 / 255) - mean[c]!) / std[c]!),
                );
        },
      ),
      { numRuns: 24 },
    );
  });

  it.each([
    { wanted: [4], shape: [4] },
    { wanted: [2, 2, 1], shape: [2, 2, 1] },
    { wanted: ['C', 'H', 'W'], shape: [1, 2, 2] },
    { wanted: ['features'], shape: [4] },
    { wanted: [1, 'H', 2], shape: [1, 2, 2] },
  ])('fits samples of [2, 2] to $wanted', async ({ wanted, shape }) => {
    expect((await openDataset(source({ images }), folder, wanted)).sampleShape).toEqual(shape);
  });

  it.each([{ wanted: [1, 3, 3] }, { wanted: [5] }, { wanted: ['C', 3, 'W'] }])(
    'refuses samples of [2, 2] for $wanted and names both shapes',
    async ({ wanted }) => {
      const opened = openDataset(source({ images }), folder, wanted);
      await expect(opened).rejects.toEqual(error('data-shape', images));
      await expect(opened).rejects.toThrow(/\[2, 2\].*\[.*\]/);
    },
  );

  it('does not take a shape with as many elements for the same', async () => {
    const name = file('odd', idxFile('uint8', [1, 2, 6], new Array(12).fill(0)));
    await expect(openDataset(source({ images: name }), folder, [3, 4])).rejects.toEqual(
      error('data-shape', name),
    );
  });

  it('keeps to the limit', async () => {
    const dataset = await openDataset(source({ images, labels, limit: 2 }), folder);
    expect(dataset.size).toBe(2);
    expect((await all(dataset))[0]!.labels).toEqual(Int32Array.of(2, 0));
    expect((await openDataset(source({ images, labels, limit: 50 }), folder)).size).toBe(3);
  });

  it('has a hash of the content and of how it is read', async () => {
    const hash = async (value: Record<string, unknown>, shape?: number[]) =>
      (await openDataset(source(value), folder, shape)).hash;
    const base = await hash({ images, labels });
    expect(await hash({ images, labels })).toBe(base);
    const others = [
      await hash({ images }),
      await hash({ images, labels, limit: 2 }),
      await hash({ images, labels, normalize: { scale: 0.5 } }),
      await hash({ images, labels }, [4]),
    ];
    expect(new Set([base, ...others]).size).toBe(5);
    file('changing', idxFile('uint8', [1, 1], [1]));
    const before = await hash({ images: 'changing' });
    file('changing', idxFile('uint8', [1, 1], [2]));
    utimesSync(join(folder, 'changing'), 1, 1);
    expect(await hash({ images: 'changing' })).not.toBe(before);
  });

  it.each([
    { name: 'another length', bytes: idxFile('uint8', [2], [0, 1]) },
    { name: 'a negative class', bytes: idxFile('int8', [3], [0, -1, 1]) },
    { name: 'one-hot rows', bytes: idxFile('uint8', [3, 2], [0, 1, 1, 0, 1, 0]) },
    { name: 'fractions', bytes: npyFile('<f4', [3], Float32Array.of(0, 0.5, 1)) },
    { name: 'a class out of reach', bytes: npyFile('<i8', [3], BigInt64Array.of(0n, 1n, 2n ** 40n)) },
  ])('refuses labels with $name', async ({ name, bytes }) => {
    file(name, bytes);
    await expect(openDataset(source({ images, labels: name }), folder)).rejects.toEqual(
      error('data-labels', name),
    );
  });

  it('refuses a label without a name when classes are named', async () => {
    const named = (classes: string[]) => openDataset(source({ images, labels, classes }), folder);
    await expect(named(['a', 'b'])).rejects.toEqual(error('data-labels', labels));
    expect(await named(['a', 'b', 'c', 'd'])).toMatchObject({ classes: 4, classNames: ['a', 'b', 'c', 'd'] });
  });

  it('says which sample is not a number', async () => {
    const values = Float32Array.of(1, 2, 3, Number.NaN, 5, 6);
    const name = file('nan.npy', npyFile('<f4', [3, 2], values));
    const opened = openDataset(source({ images: name }), folder);
    await expect(opened).rejects.toEqual(error('data-nan', name));
    await expect(opened).rejects.toThrow(/Sample 1 .*element 1/);
  });

  it('refuses an empty set, and normalization that fits no axis', async () => {
    const empty = file('empty', idxFile('uint8', [0, 2, 2], []));
    await expect(openDataset(source({ images: empty }), folder)).rejects.toEqual(error('data-empty', empty));
    const hollow = file('hollow', idxFile('uint8', [2 ** 32 - 1, 0], []));
    await expect(openDataset(source({ images: hollow }), folder)).rejects.toEqual(
      error('data-empty', hollow),
    );
    const means = (mean: number[], std: number[] = []) =>
      openDataset(source({ images, normalize: { mean, std } }), folder, [1, 2, 2]);
    await expect(means([1, 2, 3])).rejects.toEqual(error('data-normalize', images));
    await expect(means([1, 2], [1, 1, 1])).rejects.toMatchObject({ code: 'data-normalize' });
  });

  it('names missing samples and missing labels', async () => {
    await expect(openDataset(source({ images: 'none' }), folder)).rejects.toEqual(
      error('file-missing', 'none'),
    );
    await expect(openDataset(source({ images, labels: 'none' }), folder)).rejects.toEqual(
      error('file-missing', 'none'),
    );
  });
});

describe('describeDataset', () => {
  it('reads heads alone', () => {
    expect(describeDataset({ images, labels }, folder)).toEqual({
      samples: 3,
      sampleShape: [2, 2],
      labels: 3,
    });
    expect(describeDataset({ images }, folder).labels).toBeUndefined();
    expect(() => describeDataset({ images: 'none' }, folder)).toThrow(error('file-missing', 'none'));
  });
});
