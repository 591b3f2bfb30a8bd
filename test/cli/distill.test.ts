import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelCost } from '../../server/src/analysis/cost.ts';
import { openModel } from '../../server/src/onnx/files.ts';
import type { RunResult } from '../../server/src/protocol/run.ts';
import { example, pare, temporaryFolder } from './pare.ts';

/** A recipe on a part of the example's data, with these steps. */
function recipeWith(steps: string): string {
  const recipe = join(temporaryFolder(), 'distill.pare.yaml');
  const data = (part: string, limit: number) =>
    `{images: ${join(example, `${part}-images-idx3-ubyte.gz`)}, labels: ${join(example, `${part}-labels-idx1-ubyte.gz`)}, normalize: {scale: 1/255}, limit: ${limit}}`;
  writeFileSync(
    recipe,
    `model: ${join(example, 'lenet5.onnx')}\ndata:\n  train: ${data('train', 1600)}\n  test: ${data('t10k', 500)}\nsteps:\n${steps}`,
  );
  return recipe;
}

it('a run trains a student in words in the place of the model', { timeout: 120_000 }, async () => {
  const recipe = recipeWith(
    '  - distill: {student: {input: [1, 28, 28], layers: [conv 8 5x5 stride 2 batchnorm relu, maxpool 2, dense 10]}, epochs: 4, rate: 0.01}\n',
  );
  const result = (await pare(['run', recipe, '--json'])).json() as RunResult;
  const model = openModel(result.artifacts.model!);
  expect(modelCost(model).parameters).toBe(8 * 25 + 4 * 8 + 10 * 8 * 36 + 10);
  expect(result.after!.accuracy!.value).toBeGreaterThan(0.6);
});

it('a run wins back with the original as the teacher what pruning lost', { timeout: 120_000 }, async () => {
  const prune = '  - prune: {sparsity: 95 %}\n';
  const [pruned, tuned] = await Promise.all(
    [prune, `${prune}  - distill: {epochs: 1}\n`].map(
      async (steps) => (await pare(['run', recipeWith(steps), '--json'])).json() as RunResult,
    ),
  );
  expect(tuned!.after!.accuracy!.value).toBeGreaterThan(pruned!.after!.accuracy!.value + 0.05);
});
