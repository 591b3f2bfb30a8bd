import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crossEntropy } from '../../../server/src/autodiff/losses/cross-entropy.ts';
import { initialState } from '../../../server/src/autodiff/state.ts';
import { trainStep } from '../../../server/src/autodiff/train-step.ts';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { openModel } from '../../../server/src/onnx/files.ts';
import { ortRunner } from '../../../server/src/runtime/session.ts';
import { firstImages } from './batches.ts';
import { curveCases } from './cases.ts';

/** PyTorch's losses, by `make-curves.ts`. Rates are such that rounding does not grow into other curves within the steps. */
const losses = JSON.parse(readFileSync(join(import.meta.dirname, 'curves.json'), 'utf8')) as Readonly<
  Record<string, readonly number[]>
>;
const title = 'whole models train as in PyTorch, from the same weights and batches';

describe.skipIf(!sharedData)(sharedData ? title : `${title} (skipped: no data; set PARE_DATA)`, () => {
  for (const item of curveCases) {
    it(item.name, { timeout: 300_000 }, async () => {
      const model = openModel(join(sharedData!, 'models', item.model));
      const step = trainStep(model, {
        block: await ortRunner.blockedChannels(),
        losses: [{ loss: crossEntropy({ smoothing: item.smoothing }) }],
        optimizer: item.optimizer,
        decay: item.decay,
      });
      const { x, y, shape } = firstImages(item.set, item.batch * item.steps, item.form);
      const session = await ortRunner.open(step.model);
      const scalar = (value: number): NdArray => ({ type: 'float', dims: [], data: Float32Array.of(value) });
      const state = new Map(step.state.map((slot) => [slot.input, initialState(slot)]));
      const size = x.length / y.length;
      const ours: number[] = [];
      for (let at = 0; at < item.steps; at++) {
        const [from, to] = [at * item.batch, (at + 1) * item.batch];
        const feeds: Record<string, NdArray> = {
          [step.data[0]!]: {
            type: 'float',
            dims: [item.batch, ...shape],
            data: x.subarray(from * size, to * size),
          },
          [step.targets[0]!.name]: { type: 'int32', dims: [item.batch], data: y.subarray(from, to) },
          [step.rate]: scalar(item.rate),
          [step.step]: scalar(at + 1),
        };
        for (const { input, dims } of step.state)
          feeds[input] = { type: 'float', dims, data: state.get(input)! };
        const results = await session.run(feeds);
        for (const { input, output } of step.state) state.set(input, results[output]!.data as Float32Array);
        ours.push(Number(results[step.metrics.get('loss')!]!.data[0]));
      }
      await session.close();
      const worst = Math.max(...ours.map((loss, at) => Math.abs(loss / losses[item.name]![at]! - 1)));
      expect(worst).toBeLessThan(1e-3);
    });
  }
});
