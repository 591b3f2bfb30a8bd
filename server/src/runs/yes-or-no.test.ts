import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npyFile } from '../data/array-files.testing.ts';
import { saveModel } from '../onnx/files.ts';
import { ortRunner } from '../runtime/session.ts';
import { modelOf, normal } from '../steps/shared/step.testing.ts';
import { runRecipe } from './run-recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-yes-or-no-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const size = 400;
const points = normal(2 * size, 3);
writeFileSync(join(folder, 'x.npy'), npyFile('<f4', [size, 2], points));
// Yes for a third of the samples, so that saying no to all is right for two thirds alone.
const labels = BigInt64Array.from({ length: size }, (_, i) =>
  points[2 * i]! + points[2 * i + 1]! > 0.6 ? 1n : 0n,
);
writeFileSync(join(folder, 'y.npy'), npyFile('<i8', [size], labels));

describe('a model of one score a sample', () => {
  it.each([true, false])('is trained, quantized and measured; behind a Sigmoid: %s', async (sigmoid) => {
    const model = modelOf({ x: ['batch', 2] }, (build) => {
      const dense = (input: string, from: number, to: number, seed: number) =>
        build.op('Gemm', [
          input,
          build.constant('float', [from, to], normal(from * to, seed, 0.5)),
          build.constant('float', [to], new Float32Array(to), 'bias'),
        ]);
      const score = dense(build.op('Relu', [dense('x', 2, 16, 1)]), 16, 1, 2);
      return sigmoid ? build.op('Sigmoid', [score]) : score;
    });
    saveModel(model, join(folder, 'm.onnx'));
    const data = '{images: x.npy, labels: y.npy}';
    const recipe = join(folder, `${sigmoid}.pare.yaml`);
    writeFileSync(
      recipe,
      [
        'model: m.onnx',
        `data: {train: ${data}, test: ${data}}`,
        'steps: [finetune: {epochs: 20, rate: 0.02, batch: 32, class-weights: balanced}, quantize: {}]',
      ].join('\n'),
    );
    const result = await runRecipe({
      recipe,
      runner: ortRunner,
      signal: new AbortController().signal,
      onEvent: () => {},
    });
    expect(result.error).toBeNull();
    expect(result.after!.accuracy!.value).toBeGreaterThan(0.93);
    expect(result.after!.accuracy!.classes.map(({ recall }) => recall > 0.9)).toEqual([true, true]);
    expect(result.comparison!.samples).toBe(size);
  });
});
