import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Batch, Dataset } from '../dataset.ts';
import { describeDataset } from '../facts.ts';
import { openDataset } from '../open.ts';
import { dataSource } from '../source.ts';

const folder = join(import.meta.dirname, 'fixtures');
async function all(dataset: Dataset): Promise<Batch> {
  for await (const batch of dataset.batches(dataset.size)) return batch;
  throw new Error('no batch');
}
const open = (source: Record<string, unknown>, shape?: readonly (number | string)[]) =>
  openDataset(dataSource.parse(source), folder, shape);

describe('a Parquet file as data', () => {
  it('has images of a column of coded bytes, in the channels that the model wants', async () => {
    const source = { images: 'images.parquet', labels: 'label' };
    expect(describeDataset(source, folder)).toMatchObject({
      samples: 10,
      sampleShape: [3, 4, 3],
      labels: 10,
    });
    const dataset = await open(source, [3, 3, 4]);
    expect(dataset).toMatchObject({ size: 10, classes: 3 });
    const { input, labels } = await all(dataset);
    expect(Array.from(labels!)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    // By `make.py`, image n is of one colour: (n, 2 n, 255 - n).
    for (let n = 0; n < 10; n++)
      expect(Array.from(input.data as Float32Array).slice(n * 36, n * 36 + 36)).toEqual(
        [n, 2 * n, 255 - n].flatMap((value) => new Array<number>(12).fill(value)),
      );
    expect((await open(source, [1, 3, 4])).sampleShape).toEqual([1, 3, 4]);
    expect((await open({ ...source, size: [8, 8] }, [3, 8, 8])).sampleShape).toEqual([3, 8, 8]);
  });

  it('has texts of the column that is named, with classes by name', async () => {
    const dataset = await open({ images: 'snappy.parquet', labels: 'label', text: 'text', length: 5 });
    expect(dataset).toMatchObject({ size: 60, sampleShape: [5], classNames: ['ham', 'spam'] });
    const { input, labels } = await all(dataset);
    expect(Array.from((input.data as Float32Array).slice(0, 5))).toEqual(
      Array.from('one 0', (c) => c.charCodeAt(0) + 1),
    );
    expect(Array.from(labels!.slice(0, 4))).toEqual([1, 0, 1, 0]);
  });

  it('has the numbers of its other columns', async () => {
    const dataset = await open({ images: 'table.parquet', labels: 'label', limit: 9 });
    expect(dataset).toMatchObject({ size: 9, sampleShape: [2], classes: 2 });
    const { input } = await all(dataset);
    expect(Array.from(input.data as Float32Array)).toEqual(
      Array.from({ length: 9 }, (_, i) => [i % 7, i / 4]).flat(),
    );
  });

  it('says what is missing', async () => {
    await expect(open({ images: 'table.parquet', labels: 'lable' })).rejects.toMatchObject({
      code: 'data-labels',
      message: expect.stringContaining("Did you mean 'label'"),
    });
    await expect(open({ images: 'plain.parquet', text: 'none', labels: 'label' })).rejects.toMatchObject({
      code: 'data-nan',
      message: expect.stringContaining("column 'gaps'"),
    });
  });
});
