import { evaluationStep } from '../../autodiff/evaluation-step.ts';
import { crossEntropy } from '../../autodiff/losses/cross-entropy.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { ortRunner } from '../../runtime/session.ts';
import { blobs } from './blobs.testing.ts';

/** Share of samples that a classifier gets right; of blobs that no test trains on by default. */
export async function accuracy(model: Model, data: Dataset = blobs(300, 2)): Promise<number> {
  const step = evaluationStep(model, [{ loss: crossEntropy() }], []);
  const session = await ortRunner.open(step.model);
  for await (const { input, labels } of data.batches(data.size)) {
    const results = await session.run({
      [model.graph.inputs[0]!.name]: input,
      [step.targets[0]!.name]: { type: 'int32', dims: [data.size], data: labels! },
    });
    await session.close();
    return Number(results[step.metrics.get('accuracy')!]!.data[0]);
  }
  throw new Error('no batch');
}
