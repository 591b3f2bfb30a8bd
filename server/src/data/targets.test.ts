import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npyFile } from './array-files.testing.ts';
import type { Batch, Dataset } from './dataset.ts';
import { openDataset } from './open.ts';
import { dataSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-targets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const numbers = (count: number, scale: number) => Float32Array.from({ length: count }, (_, i) => scale * i);
writeFileSync(join(folder, 'x.npy'), npyFile('<f4', [4, 3], numbers(12, 1)));
writeFileSync(join(folder, 'box.npy'), npyFile('<f4', [4, 2], numbers(8, 0.5)));
writeFileSync(join(folder, 'bad.npy'), npyFile('<f4', [4], Float32Array.of(1, 2, Number.NaN, 4)));
writeFileSync(join(folder, 'short.npy'), npyFile('<f4', [3, 2], numbers(6, 1)));
writeFileSync(join(folder, 't.csv'), 'price,a,kind,area,b\n10,1,cat,100,2\n20,3,dog,200,4\n30,5,cat,300,6\n');

const open = (source: Readonly<Record<string, unknown>>) => openDataset(dataSource.parse(source), folder);
async function batchOf(data: Dataset, indices: readonly number[]): Promise<Batch> {
  for await (const batch of data.batches(8, indices)) return batch;
  throw new Error('no batch');
}

describe('targets', () => {
  it('come from files, a row a sample', async () => {
    const data = await open({ images: 'x.npy', targets: { box: 'box.npy' } });
    expect(data.targetShapes).toEqual({ box: [2] });
    const { targets, labels } = await batchOf(data, [3, 1]);
    expect(labels).toBeUndefined();
    expect(targets!.box).toMatchObject({ dims: [2, 2], data: Float64Array.of(3, 3.5, 1, 1.5) });
    expect(data.hash).not.toBe((await open({ images: 'x.npy' })).hash);
  });

  it('are columns of a table, which are then no inputs', async () => {
    const data = await open({ images: 't.csv', labels: 'kind', targets: { y: ['area', 'price'], z: 'a' } });
    expect(data.sampleShape).toEqual([1]);
    expect(data.targetShapes).toEqual({ y: [2], z: [] });
    const { input, targets, labels } = await batchOf(data, [2, 0]);
    expect([...(input.data as Float32Array)]).toEqual([6, 2]);
    expect([...labels!]).toEqual([0, 0]);
    expect(targets!.y).toMatchObject({ dims: [2, 2], data: Float64Array.of(300, 30, 100, 10) });
    expect(targets!.z).toMatchObject({ dims: [2], data: Float64Array.of(5, 1) });
  });

  it.each([
    ['too few rows', { images: 'x.npy', targets: { box: 'short.npy' } }, 'data-targets'],
    ['no number', { images: 'x.npy', targets: { y: 'bad.npy' } }, 'data-nan'],
    ['no such column', { images: 't.csv', labels: 'kind', targets: { y: 'prize' } }, 'data-targets'],
    ['a list of files', { images: 'x.npy', targets: { y: ['box.npy'] } }, 'data-targets'],
  ])('refuses %s', async (_, source, code) => {
    await expect(open(source)).rejects.toMatchObject({ code });
  });
});
