import { describe, expect, it } from 'vitest';
import { createBuilder } from '../../ir/builder.ts';
import { tensorType } from '../../ir/value-type.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf } from '../../steps/shared/step.testing.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import { cosineDistance } from './cosine.ts';
import { crossEntropy } from './cross-entropy.ts';
import { divergence } from './divergence.ts';
import type { Loss } from './loss.ts';
import { absoluteError, huber, squaredError } from './regression.ts';

const [samples, classes] = [3, 4];
const wave = (value: (i: number) => number) =>
  Float32Array.from({ length: samples * classes }, (_, i) => value(i));
const scores = wave((i) => 2 * Math.sin(1.7 * i + 0.3));
const targets = wave((i) => Math.cos(0.9 * i + 0.1));
const shares = wave((i) => (Math.sin(2.3 * i) + 1) / 2);
/** Shares that add up to one in each row. */
const mixed = shares.map((share, i) => {
  const row = shares.subarray(i - (i % classes), i - (i % classes) + classes);
  return share / row.reduce((a, b) => a + b, 0);
});
const labels = Int32Array.of(2, 0, 3);
const weights = [0.5, 1, 2, 1.5];

/** Runs a loss on onnxruntime: its value and its gradient. */
async function run(loss: Loss, target: Float32Array | Int32Array, x = scores) {
  const type = tensorType('float', ['batch', classes]);
  const model = modelOf({ x: ['batch', classes] }, (build) => {
    const wanted = loss.target(type);
    build.graph.inputs.push({ name: 't', type: tensorType(wanted.type, wanted.shape) });
    const built = loss.build({ build: createBuilder(build.graph), output: 'x', type, target: 't' });
    return [built.loss, built.gradient];
  });
  const [value, gradient] = model.graph.outputs.map(({ name }) => name) as [string, string];
  const session = await ortRunner.open(model);
  const results = await session.run({
    x: { type: 'float', dims: [samples, classes], data: x },
    t:
      target instanceof Int32Array
        ? { type: 'int32', dims: [samples], data: target }
        : { type: 'float', dims: [samples, classes], data: target },
  });
  await session.close();
  return { value: Number(results[value]!.data[0]), gradient: [...(results[gradient]!.data as Float32Array)] };
}

/** Values and gradients by PyTorch 2.13. */
const cases: readonly [string, Loss, Float32Array | Int32Array, number, readonly number[]][] = [
  [
    'cross entropy',
    crossEntropy(),
    labels,
    1.940134,
    [
      0.070579, 0.240877, -0.319788, 0.008332, -0.15821, 0.131287, 0.007016, 0.019907, 0.239794, 0.042575,
      0.004647, -0.287016,
    ],
  ],
  [
    'cross entropy, smoothing',
    crossEntropy({ smoothing: 0.2 }),
    labels,
    1.979734,
    [
      0.053912, 0.22421, -0.269788, -0.008334, -0.10821, 0.11462, -0.009651, 0.003241, 0.223127, 0.025909,
      -0.01202, -0.237016,
    ],
  ],
  [
    'cross entropy, class weights',
    crossEntropy({ weights }),
    labels,
    2.422128,
    [
      0.105868, 0.361315, -0.479682, 0.012499, -0.059329, 0.049233, 0.002631, 0.007465, 0.269768, 0.047897,
      0.005228, -0.322893,
    ],
  ],
  [
    'cross entropy, both',
    crossEntropy({ weights, smoothing: 0.2 }),
    labels,
    2.437356,
    [
      0.091678, 0.321717, -0.406206, -0.007189, -0.020877, 0.051502, -0.02158, -0.009045, 0.254526, 0.033801,
      -0.019946, -0.26838,
    ],
  ],
  [
    'cross entropy, shares of classes',
    crossEntropy({ soft: true }),
    mixed,
    2.100614,
    [
      -0.006395, 0.106503, 0.013059, -0.113167, 0.070845, 0.120667, -0.158727, -0.032785, 0.190798, -0.127361,
      -0.008678, -0.054759,
    ],
  ],
  [
    'cross entropy, shares of classes, smoothing',
    crossEntropy({ soft: true, smoothing: 0.2 }),
    mixed,
    2.108118,
    [
      -0.007667, 0.116711, -0.00351, -0.105534, 0.075034, 0.106124, -0.142245, -0.038913, 0.183931, -0.11004,
      -0.02268, -0.051211,
    ],
  ],
  [
    'binary',
    binaryCrossEntropy(),
    shares,
    0.878852,
    [
      0.011967, -0.001038, 0.021185, -0.051124, 0.016648, 0.058403, -0.068748, 0.001601, 0.04934, -0.035576,
      0.00353, -0.000738,
    ],
  ],
  [
    'binary, positive weight',
    binaryCrossEntropy({ positive: 3 }),
    shares,
    1.743153,
    [
      -0.017733, -0.021347, 0.020794, -0.159545, -0.002591, 0.055945, -0.206934, -0.032994, 0.04344,
      -0.108519, -0.007757, -0.042111,
    ],
  ],
  [
    'squared error',
    squaredError(),
    targets,
    1.950036,
    [
      -0.067327, 0.213049, -0.12273, -0.100551, 0.38434, 0.213665, -0.411344, -0.284941, 0.236323, 0.092444,
      -0.175305, 0.189804,
    ],
  ],
  [
    'absolute error',
    absoluteError(),
    targets,
    1.245911,
    [
      -0.083333, 0.083333, -0.083333, -0.083333, 0.083333, 0.083333, -0.083333, -0.083333, 0.083333, 0.083333,
      -0.083333, 0.083333,
    ],
  ],
  [
    'Huber',
    huber(0.7),
    targets,
    0.632059,
    [
      -0.033664, 0.058333, -0.058333, -0.050276, 0.058333, 0.058333, -0.058333, -0.058333, 0.058333, 0.046222,
      -0.058333, 0.058333,
    ],
  ],
  [
    'divergence',
    divergence({ temperature: 3 }),
    targets,
    0.876371,
    [
      -0.050368, 0.137582, -0.051374, -0.03584, 0.19338, 0.112012, -0.164306, -0.141086, 0.081351, -0.016835,
      -0.092728, 0.028211,
    ],
  ],
  [
    'cosine',
    cosineDistance(),
    targets,
    0.783402,
    [
      -0.059208, 0.025968, -0.014433, 0.01781, 0.013882, -0.036566, 0.00967, -0.055202, 0.009308, 0.034385,
      0.024546, 0.078651,
    ],
  ],
];

describe('losses', () => {
  it.each(cases)('%s: value and gradient as in PyTorch', async (_, loss, target, value, gradient) => {
    const ours = await run(loss, target);
    expect(ours.value).toBeCloseTo(value, 5);
    for (const [i, expected] of gradient.entries()) expect(ours.gradient[i]).toBeCloseTo(expected, 5);
  });

  it.each([{}, { smoothing: 0.2 }, { weights }, { weights, smoothing: 0.2 }])(
    'cross entropy of shares that are all or nothing is that of classes: %o',
    async (options) => {
      const rows = new Float32Array(samples * classes);
      for (const [row, label] of labels.entries()) rows[row * classes + label] = 1;
      const [hard, soft] = [
        await run(crossEntropy(options), labels),
        await run(crossEntropy({ ...options, soft: true }), rows),
      ];
      expect(soft.value).toBeCloseTo(hard.value, 6);
      for (const [i, value] of hard.gradient.entries()) expect(soft.gradient[i]).toBeCloseTo(value, 6);
    },
  );

  it('cross entropy stays finite for scores that overflow an exponential', async () => {
    const { value, gradient } = await run(
      crossEntropy(),
      labels,
      scores.map((x) => 1000 * x),
    );
    expect(Number.isFinite(value)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('binary cross entropy stays finite for large scores', async () => {
    const { value, gradient } = await run(
      binaryCrossEntropy(),
      shares,
      scores.map((x) => 1000 * x),
    );
    expect(Number.isFinite(value)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it('refuses class weights of another number than the classes', async () => {
    await expect(run(crossEntropy({ weights: [1, 2] }), labels)).rejects.toMatchObject({
      code: 'loss-weights',
    });
  });
});
