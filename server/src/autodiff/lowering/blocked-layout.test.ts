import { describe, expect, it } from 'vitest';
import { ints } from '../../ir/attribute.ts';
import { blockedDomain } from '../../ir/blocked-domain.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../../steps/shared/step.testing.ts';
import { crossEntropy } from '../losses/cross-entropy.ts';
import { sgd } from '../optimizers/sgd.ts';
import { initialState } from '../state.ts';
import { trainStep } from '../train-step.ts';

const block = await ortRunner.blockedChannels();
let seed = 0;

const weights = (build: Builder, dims: readonly number[], name: string) =>
  build.constant(
    'float',
    dims,
    normal(
      dims.reduce((a, b) => a * b, 1),
      ++seed,
      0.2,
    ),
    name,
  );

function convolution(build: Builder, x: string, dims: readonly number[], stride: number, name: string) {
  const pad = (dims[2]! - 1) / 2;
  return build.op('Conv', [x, weights(build, dims, `${name}.w`)], {
    strides: ints([stride, stride]),
    pads: ints([pad, pad, pad, pad]),
  });
}

function normalized(build: Builder, x: string, channels: number, name: string) {
  const vector = (part: string, value: number) =>
    build.constant('float', [channels], new Float32Array(channels).fill(value), `${name}.${part}`);
  return build.op('BatchNormalization', [
    x,
    vector('scale', 1.5),
    weights(build, [channels], `${name}.bias`),
    vector('mean', 0),
    vector('var', 1),
  ]);
}

/** Two residual blocks, the second with a stride and a pointwise shortcut, behind a convolution of colour images. */
function residual(): Model {
  return modelOf({ x: ['n', 3, 8, 8] }, (build) => {
    const layer = (x: string, dims: readonly number[], stride: number, name: string) =>
      normalized(build, convolution(build, x, dims, stride, name), dims[0]!, name);
    const relu = (x: string) => build.op('Relu', [x]);
    const first = relu(layer('x', [16, 3, 3, 3], 1, 'a'));
    const inner = layer(relu(layer(first, [16, 16, 3, 3], 1, 'b')), [16, 16, 3, 3], 1, 'c');
    const second = relu(build.op('Add', [inner, first]));
    const main = layer(relu(layer(second, [32, 16, 3, 3], 2, 'd')), [32, 32, 3, 3], 1, 'e');
    const third = relu(build.op('Add', [main, layer(second, [32, 16, 1, 1], 2, 'f')]));
    const pooled = build.op('Flatten', [build.op('GlobalAveragePool', [third])]);
    return build.op('MatMul', [pooled, weights(build, [32, 5], 'g.w')], {}, { name: 'scores' });
  });
}

/** The state after one step, and the operators that the step has. */
async function stepOnce(model: Model, samples: number, form: { block?: number | undefined; batch?: number }) {
  const step = trainStep(model, { losses: [{ loss: crossEntropy() }], optimizer: sgd(), ...form });
  const session = await ortRunner.open(step.model);
  const scalar = (value: number): NdArray => ({ type: 'float', dims: [], data: Float32Array.of(value) });
  const results = await session.run({
    x: { type: 'float', dims: [samples, 3, 8, 8], data: normal(samples * 3 * 64, 99) },
    [step.targets[0]!.name]: {
      type: 'int32',
      dims: [samples],
      data: Int32Array.from({ length: samples }, (_, i) => i % 5),
    },
    [step.rate]: scalar(0.1),
    [step.step]: scalar(1),
    ...Object.fromEntries(
      step.state.map((slot) => [
        slot.input,
        { type: 'float', dims: slot.dims, data: initialState(slot) } as const,
      ]),
    ),
  });
  await session.close();
  return {
    state: step.state.map((slot) => [slot.input, results[slot.output]!.data as Float32Array] as const),
    nodes: step.model.graph.nodes,
  };
}

describe.skipIf(block === undefined)('a training step on blocks of channels', () => {
  it.each([
    ['an open batch', 7, undefined],
    ['a batch of whole blocks', 32, 32],
    ['a batch of 5', 5, 5],
  ] as const)('%s: the same weights and statistics as by standard operators', async (_, samples, batch) => {
    const model = residual();
    const sizes = batch === undefined ? {} : { batch };
    const [plain, blocked] = [
      await stepOnce(model, samples, {}),
      await stepOnce(model, samples, { block, ...sizes }),
    ];
    expect(blocked.state.map(([name]) => name)).toEqual(plain.state.map(([name]) => name));
    for (const [index, [name, values]] of plain.state.entries()) {
      const other = blocked.state[index]![1];
      const worst = Math.max(...values.map((value, i) => Math.abs(value - other[i]!)));
      expect(worst, name).toBeLessThan(2e-5);
    }
    const count = (type: string) =>
      blocked.nodes.filter(({ domain, opType }) => domain === blockedDomain && opType === type).length;
    // Images leave the blocks once, for the pool at the end.
    expect(count('ReorderOutput')).toBe(1);
    expect(blocked.nodes.some(({ opType }) => ['BatchNormalization', 'Relu'].includes(opType))).toBe(false);
  });
});
