import { describe, expect, it } from 'vitest';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf } from '../../steps/shared/step.testing.ts';
import { adam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

const rate = 0.1;
const gradientAt = (i: number) => Float32Array.of(Math.sin(i + 1), Math.cos(2 * i), 0.1 * (i + 1));

/** Four steps from [1, -2, 0.5] on onnxruntime. */
async function descend(optimizer: Optimizer, decay = 0): Promise<Float32Array> {
  const inputs = { g: [3], ...Object.fromEntries(optimizer.slots.map((slot) => [slot, [3]])), step: [] };
  const model = modelOf(inputs, (build) => {
    const { direction, state } = optimizer.begin(build, 'step')('g', optimizer.slots);
    return [direction, ...state];
  });
  const [direction, ...state] = model.graph.outputs.map(({ name }) => name);
  const session = await ortRunner.open(model);
  const parameter = Float32Array.of(1, -2, 0.5);
  const slots = new Map<string, Float32Array>(optimizer.slots.map((slot) => [slot, new Float32Array(3)]));
  for (let i = 0; i < 4; i++) {
    const vector = (data: Float32Array) => ({ type: 'float', dims: [3], data }) as const;
    const feeds = {
      g: vector(gradientAt(i)),
      ...Object.fromEntries([...slots].map(([slot, data]) => [slot, vector(data)])),
      step: { type: 'float', dims: [], data: Float32Array.of(i + 1) } as const,
    };
    const results = await session.run(feeds);
    for (const [at, slot] of optimizer.slots.entries())
      slots.set(slot, results[state[at]!]!.data as Float32Array);
    for (let at = 0; at < 3; at++)
      parameter[at]! -= rate * (Number(results[direction!]!.data[at]) + decay * parameter[at]!);
  }
  await session.close();
  return parameter;
}

/** Parameters by PyTorch 2.13. */
const cases: readonly [string, Optimizer, number, readonly number[]][] = [
  ['SGD', sgd(), 0, [0.886491, -2.089038, 0.4]],
  ['SGD with momentum', sgd({ momentum: 0.9 }), 0, [0.513066, -2.202949, 0.31441]],
  ['SGD with Nesterov momentum', sgd({ momentum: 0.9, nesterov: true }), 0, [0.448251, -2.271692, 0.232969]],
  ['Adam', adam(), 0, [0.68702, -2.150201, 0.111641]],
  ['AdamW', adam(), 0.05, [0.670081, -2.108731, 0.10465]],
  ['RMSProp', rmsprop(), 0, [-0.32614, -2.703039, -2.931561]],
  ['RMSProp with momentum', rmsprop({ momentum: 0.9 }), 0, [-4.125697, -4.01404, -7.624713]],
];

describe('optimizers', () => {
  it.each(cases)('%s moves parameters as PyTorch does', async (_, optimizer, decay, expected) => {
    const parameter = await descend(optimizer, decay);
    for (const [i, value] of expected.entries()) expect(parameter[i]).toBeCloseTo(value, 4);
  });
});
