import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { adam } from '../../../server/src/autodiff/optimizers/adam.ts';
import { initialState, trainStep } from '../../../server/src/autodiff/train-step.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';

const [vocabulary, length, classes, batch] = [20, 8, 3, 16];

/** The tokens and classes of a step, by the formulas of `make-transformer.py`. */
function samples(step: number): { readonly tokens: BigInt64Array; readonly labels: Int32Array } {
  const token = (row: number, place: number) => {
    const n = row + step * batch;
    return (7 * n + 3 * place * place + n * place) % vocabulary;
  };
  return {
    tokens: BigInt64Array.from({ length: batch * length }, (_, i) =>
      BigInt(token(Math.floor(i / length), i % length)),
    ),
    labels: Int32Array.from({ length: batch }, (_, row) => token(row, 0) % classes),
  };
}

/** PyTorch's losses and the model that they belong to are by `make-transformer.py`. */
it('a transformer of two layers trains as in PyTorch', async () => {
  const theirs = JSON.parse(readFileSync(join(import.meta.dirname, 'transformer.json'), 'utf8')) as number[];
  const step = trainStep(openModel(join(import.meta.dirname, 'transformer.onnx')), {
    losses: [{ loss: crossEntropy() }],
    optimizer: adam(),
  });
  const session = await ortRunner.open(step.model);
  const scalar = (value: number): NdArray => ({ type: 'float', dims: [], data: Float32Array.of(value) });
  const state = new Map(step.state.map((slot) => [slot.input, initialState(slot)]));
  const ours: number[] = [];
  for (let at = 0; at < theirs.length; at++) {
    const { tokens, labels } = samples(at);
    const results = await session.run({
      [step.data[0]!]: { type: 'int64', dims: [batch, length], data: tokens },
      [step.targets[0]!.name]: { type: 'int32', dims: [batch], data: labels },
      [step.rate]: scalar(0.001),
      [step.step]: scalar(at + 1),
      ...Object.fromEntries(
        step.state.map(({ input, dims }) => [
          input,
          { type: 'float', dims, data: state.get(input)! } as const,
        ]),
      ),
    });
    for (const { input, output } of step.state) state.set(input, results[output]!.data as Float32Array);
    ours.push(Number(results[step.metrics.get('loss')!]!.data[0]));
  }
  await session.close();
  for (const [at, loss] of theirs.entries()) expect(Math.abs(ours[at]! / loss - 1)).toBeLessThan(1e-3);
});
