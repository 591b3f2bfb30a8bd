import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { adam } from '../../../server/src/autodiff/optimizers/adam.ts';
import { initialState } from '../../../server/src/autodiff/state.ts';
import { trainStep } from '../../../server/src/autodiff/train-step.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';

const [vocabulary, classes, batch] = [20, 3, 16];

/** The tokens and classes of a step, by the formulas of `make-transformer.py` and `make-recurrent.py`. */
function samples(
  step: number,
  length: number,
): { readonly tokens: BigInt64Array; readonly labels: Int32Array } {
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

/** Trains a model as its Python script does and compares the losses with PyTorch's. */
async function compare(
  model: string,
  theirs: readonly number[],
  length: number,
  rate: number,
): Promise<void> {
  const step = trainStep(openModel(join(import.meta.dirname, model)), {
    losses: [{ loss: crossEntropy() }],
    optimizer: adam(),
  });
  const session = await ortRunner.open(step.model);
  const scalar = (value: number): NdArray => ({ type: 'float', dims: [], data: Float32Array.of(value) });
  const state = new Map(step.state.map((slot) => [slot.input, initialState(slot)]));
  const ours: number[] = [];
  for (let at = 0; at < theirs.length; at++) {
    const { tokens, labels } = samples(at, length);
    const results = await session.run({
      [step.data[0]!]: { type: 'int64', dims: [batch, length], data: tokens },
      [step.targets[0]!.name]: { type: 'int32', dims: [batch], data: labels },
      [step.rate]: scalar(rate),
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
  expect(theirs.length).toBe(50);
  for (const [at, loss] of theirs.entries()) expect(Math.abs(ours[at]! / loss - 1)).toBeLessThan(1e-3);
}

const read = <T>(file: string): T => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as T;

/** PyTorch's losses and the models that they belong to are by `make-transformer.py` and `make-recurrent.py`. */
it('a transformer of two layers trains as in PyTorch', () =>
  compare('transformer.onnx', read<number[]>('transformer.json'), 8, 0.001));

for (const [name, losses] of Object.entries(read<Record<string, number[]>>('recurrent.json')))
  it(`a recurrent classifier (${name}) trains as in PyTorch`, () =>
    compare(`${name}.onnx`, losses, 12, 0.003));
