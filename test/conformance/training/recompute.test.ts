import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelMemory } from '../../../server/src/analysis/liveness.ts';
import { buildArchitecture } from '../../../server/src/architecture/build.ts';
import { architectureSchema } from '../../../server/src/architecture/schema.ts';
import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { sgd } from '../../../server/src/autodiff/optimizers/sgd.ts';
import { initialState } from '../../../server/src/autodiff/state.ts';
import { type TrainStep, trainStep } from '../../../server/src/autodiff/train-step.ts';
import { createRng } from '../../../server/src/base/rng.ts';
import { cloneModel, type Model } from '../../../server/src/ir/model.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { type TensorType, tensorType } from '../../../server/src/ir/value-type.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { maskFeeds } from '../../../server/src/steps/train/mask-feeds.ts';

const batch = 16;

/** Residual blocks of two convolutions, with statistics and dropout. */
const residual = (blocks: number, side = 16): Model => {
  const unit = 'conv 8 3x3 same batchnorm relu';
  const layers = Array.from({ length: blocks }, () => ({
    residual: [unit, 'dropout 20 %', 'conv 8 3x3 same batchnorm'],
    activation: 'relu',
  }));
  return buildArchitecture(
    architectureSchema.parse({ input: [3, side, side], layers: [unit, ...layers, 'globalpool', 'dense 10'] }),
    1,
  );
};

/** The same model for one batch size alone: more is constant then, and may be folded and merged. */
const fixed = (model: Model): Model => {
  const copy = cloneModel(model);
  for (const list of [copy.graph.inputs, copy.graph.outputs])
    for (const [index, { name, type }] of list.entries()) {
      const shape = (type as TensorType).shape!.map((dim) => (typeof dim === 'number' ? dim : batch));
      list[index] = { name, type: tensorType((type as TensorType).type, shape) };
    }
  return copy;
};

const stepOf = (model: Model, memory: 'fast' | 'small', block: number | undefined): TrainStep =>
  trainStep(model, {
    losses: [{ loss: crossEntropy() }],
    optimizer: sgd(),
    memory,
    ...(block === undefined ? {} : { block }),
  });

function feedsOf(step: TrainStep): Record<string, NdArray> {
  const rng = createRng(5);
  const feeds: Record<string, NdArray> = { ...maskFeeds(step, batch, 9) };
  for (const { name, type } of step.model.graph.inputs) {
    if (feeds[name]) continue;
    const { type: element, shape } = type as TensorType;
    const dims = shape!.map((dim) => (typeof dim === 'number' ? dim : batch));
    const count = dims.reduce((a, b) => a * b, 1);
    const slot = step.state.find(({ input }) => input === name);
    feeds[name] =
      element === 'float'
        ? {
            type: 'float',
            dims,
            data: slot ? initialState(slot) : Float32Array.from({ length: count }, () => rng.next()),
          }
        : element === 'int64'
          ? {
              type: 'int64',
              dims,
              data: BigInt64Array.from({ length: count }, () => BigInt(rng.integer(10))),
            }
          : { type: 'int32', dims, data: Int32Array.from({ length: count }, () => rng.integer(3)) };
  }
  return feeds;
}

/** What one step changes in the weights, of plain descent: the gradient, times the rate. */
async function changes(step: TrainStep): Promise<readonly number[]> {
  const session = await ortRunner.open(step.model, { threads: 1 });
  const feeds = feedsOf(step);
  const results = await session.run(feeds);
  await session.close();
  return step.state.flatMap(({ input, output }) => {
    const [before, after] = [feeds[input]!.data, results[output]!.data] as [Float32Array, Float32Array];
    return [...after].map((value, i) => value - before[i]!);
  });
}

const copies = ({ model }: TrainStep) =>
  model.graph.nodes.filter(({ name }) => name.startsWith('again_')).length;

describe('activations that are computed again', () => {
  const models: readonly [string, () => Model][] = [
    ['a residual network', () => residual(6)],
    ['a residual network of a fixed batch', () => fixed(residual(6))],
    ['a transformer', () => openModel(join(import.meta.dirname, 'transformer.onnx'))],
  ];
  it.each(models)('give the same gradient: %s', async (_, make) => {
    const blocks = [undefined, await ortRunner.blockedChannels()];
    for (const block of blocks) {
      const [fast, small] = [stepOf(make(), 'fast', block), stepOf(make(), 'small', block)];
      expect(copies(fast)).toBe(0);
      expect(copies(small)).toBeGreaterThan(10);
      expect(small.state.map(({ input }) => input)).toEqual(fast.state.map(({ input }) => input));
      const [wanted, found] = [await changes(fast), await changes(small)];
      const most = Math.max(...wanted.map(Math.abs));
      expect(most).toBeGreaterThan(0);
      const worst = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
      // Fused kernels may round the copies in another way.
      expect(worst / most).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['any batch', (model: Model) => model],
    ['a fixed batch', fixed],
  ] as const)('take less memory in the runtime: %s', { timeout: 60_000 }, async (_, form) => {
    const peaks: number[] = [];
    const estimates: number[] = [];
    for (const memory of ['fast', 'small'] as const) {
      const step = stepOf(form(residual(12, 48)), memory, undefined);
      const dims = Object.fromEntries(
        Object.entries(feedsOf(step)).map(([name, value]) => [name, value.dims]),
      );
      peaks.push(await ortRunner.peakMemory(step.model, { threads: 1, dims }));
      estimates.push(modelMemory(step.model, { sizes: new Map([['batch', batch]]) }).peak);
    }
    // A runtime that ran the copies early, or merged them with the first computation, would take more than without.
    expect(estimates[1]! / estimates[0]!).toBeLessThan(0.6);
    expect(peaks[1]! / peaks[0]!).toBeLessThan(0.7);
  });
});
