import { describe, expect, it } from 'vitest';
import type { Dataset } from '../data/dataset.ts';
import type { TargetScore } from '../protocol/run.ts';
import { ortRunner } from '../runtime/session.ts';
import { modelOf } from '../steps/shared/step.testing.ts';
import { targetScores } from './target-scores.ts';

type Values = Extract<TargetScore, { readonly kind: 'values' }>;

const size = 10;
/** Samples 0, 1, 2, ... with targets that are computed from them. */
const dataset = (targets: Readonly<Record<string, (x: number) => number>>): Dataset => ({
  size,
  sampleShape: [1],
  targetShapes: Object.fromEntries(Object.keys(targets).map((name) => [name, []])),
  classes: undefined,
  classNames: undefined,
  hash: 'numbers',
  async *batches(batch) {
    for (let at = 0; at < size; at += batch) {
      const indices = Array.from({ length: Math.min(batch, size - at) }, (_, i) => at + i);
      yield {
        input: { type: 'float', dims: [indices.length, 1], data: Float32Array.from(indices) },
        labels: undefined,
        targets: Object.fromEntries(
          Object.entries(targets).map(([name, of]) => [
            name,
            { type: 'double', dims: [indices.length], data: Float64Array.from(indices, of) },
          ]),
        ),
        indices,
      };
    }
  },
});
/** Twice the sample, and scores whose highest is class 0 below 4.5 and class 1 above. */
const model = (batch: number | 'batch') =>
  modelOf({ x: [batch, 1] }, (build) => {
    const column = (values: readonly number[]) => build.constant('float', [1, values.length], [...values]);
    const twice = build.op('Mul', ['x', column([2])], {}, { name: 'twice' });
    const shifted = build.op('Sub', ['x', column([4.5])]);
    return [twice, build.op('MatMul', [shifted, column([-1, 1])], {}, { name: 'scores' })];
  });

describe('scores against targets', () => {
  it.each(['batch', 4] as const)('are exact, batch by batch; the batch of the model: %s', async (batch) => {
    const data = dataset({
      twice: (x) => 2 * x + (x < 5 ? 1 : -3),
      scores: (x) => (x === 0 || x > 4 ? 1 : 0),
    });
    const session = await ortRunner.open(model(batch));
    const [values, classes] = (await targetScores(session, data, { batch: 3 })) as [Values, TargetScore];
    await session.close();
    expect(values).toMatchObject({ kind: 'values', output: 'twice', samples: size, mae: 2 });
    expect(values.rmse).toBeCloseTo(Math.sqrt(5), 9);
    expect(classes).toEqual({ kind: 'classes', output: 'scores', samples: size, accuracy: 0.9 });
  });

  it('refuses targets of an output that is not there', async () => {
    const session = await ortRunner.open(model('batch'));
    await expect(targetScores(session, dataset({ thrice: (x) => x }))).rejects.toMatchObject({
      code: 'model-outputs',
    });
    await session.close();
  });
});
