import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { npyFile } from '../data/array-files.testing.ts';
import { openDataset } from '../data/open.ts';
import { dataSource } from '../data/source.ts';
import { openModel, saveModel } from '../onnx/files.ts';
import { ortRunner } from '../runtime/session.ts';
import { classifier, towerOf } from './classifiers.testing.ts';
import { measureModels } from './measure-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-measure-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('measures two models side by side', async () => {
  const right = [1, 0, 0, 1];
  const wrong = [0, 1, 1, 0];
  const subjects = [right, wrong].map((weights, index) => {
    const path = join(folder, `${index}.onnx`);
    saveModel(classifier(2, 2, weights), path);
    return { path, model: openModel(path) };
  });
  writeFileSync(join(folder, 'x.npy'), npyFile('<f4', [3, 2], Float32Array.of(1, 0, 0, 1, 2, 1)));
  writeFileSync(join(folder, 'y.npy'), npyFile('|u1', [3], Uint8Array.of(0, 1, 0)));
  const dataset = await openDataset(dataSource.parse({ images: 'x.npy', labels: 'y.npy' }), folder, [2]);
  const parts = new Set<string>();
  const { measurements, evaluations, ratios } = await measureModels(ortRunner, subjects, {
    dataset,
    rounds: 5,
    budgetMs: 200,
    progress: (done, total, what) => {
      expect(done).toBeLessThanOrEqual(total);
      parts.add(what);
    },
  });
  expect(measurements.map(({ accuracy }) => accuracy!.value)).toEqual([1, 0]);
  expect(evaluations.map((evaluation) => [...evaluation!.predictions])).toEqual([
    [0, 1, 0],
    [1, 0, 1],
  ]);
  for (const [
    index,
    { bytes, parameters, zeros, latencyMs, throughput, memoryBytes },
  ] of measurements.entries()) {
    expect({ bytes, parameters, zeros }).toEqual({
      bytes: statSync(subjects[index]!.path).size,
      parameters: 4,
      zeros: 2,
    });
    expect(latencyMs.p50).toBeGreaterThan(0);
    expect(throughput).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThanOrEqual(0);
  }
  expect(ratios).toHaveLength(2);
  expect([...parts]).toEqual(['latency', 'accuracy, model 1 of 2', 'accuracy, model 2 of 2', 'memory']);
});

it('counts the files beside a model, and times zeros without data', async () => {
  const path = join(folder, 'external.onnx');
  const written = saveModel(towerOf(2, 64), path, { external: true });
  const { measurements, evaluations } = await measureModels(ortRunner, [{ path, model: openModel(path) }], {
    memory: false,
    rounds: 5,
    budgetMs: 100,
  });
  expect(measurements[0]).toMatchObject({
    bytes: written,
    memoryBytes: null,
    accuracy: null,
    parameters: 8192,
  });
  expect(evaluations).toEqual([null]);
});
