import { describe, expect, it } from 'vitest';
import { float, int, ints } from '../ir/attribute.ts';
import { ortRunner } from '../runtime/session.ts';
import { modelOf, normal } from '../steps/shared/step.testing.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { squaredError } from './losses/regression.ts';
import { sgd } from './optimizers/sgd.ts';
import { initialState } from './state.ts';
import { type TrainStep, trainStep } from './train-step.ts';
import { trainingForm } from './training-form.ts';

const vector = (value: number) => new Float32Array(3).fill(value);
const normalized = () =>
  modelOf({ x: ['n', 3, 2, 2] }, (build) =>
    build.op(
      'BatchNormalization',
      [
        'x',
        build.constant('float', [3], vector(1), 'scale'),
        build.constant('float', [3], vector(0), 'bias'),
        build.constant('float', [3], Float32Array.of(0.1, 0.2, 0.3), 'mean'),
        build.constant('float', [3], Float32Array.of(1, 2, 3), 'variance'),
      ],
      { momentum: float(0.75) },
    ),
  );

/** Runs one step from the initial state; gives every output of the state. */
async function once(
  step: TrainStep,
  feeds: Readonly<Record<string, { dims: readonly number[]; data: Float32Array }>>,
) {
  const session = await ortRunner.open(step.model);
  const scalar = (value: number) => ({ type: 'float', dims: [], data: Float32Array.of(value) }) as const;
  const results = await session.run({
    ...Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [name, { type: 'float', ...value } as const]),
    ),
    ...Object.fromEntries(
      step.state.map((slot) => [
        slot.input,
        { type: 'float', dims: slot.dims, data: initialState(slot) } as const,
      ]),
    ),
    [step.rate]: scalar(0.1),
    [step.step]: scalar(1),
  });
  await session.close();
  return new Map(
    step.state.map(({ input, output }) => [input, [...(results[output]!.data as Float32Array)]]),
  );
}

describe('the training form', () => {
  it('moves running statistics towards those of the batch', async () => {
    const step = trainStep(normalized(), { losses: [{ loss: squaredError() }], optimizer: sgd() });
    const x = normal(5 * 12, 1);
    const state = await once(step, {
      x: { dims: [5, 3, 2, 2], data: x },
      target: { dims: [5, 3, 2, 2], data: normal(60, 2) },
    });
    for (let channel = 0; channel < 3; channel++) {
      const values = [...x].filter((_, i) => Math.floor(i / 4) % 3 === channel);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      expect(state.get('mean')![channel]).toBeCloseTo(0.75 * [0.1, 0.2, 0.3][channel]! + 0.25 * mean, 5);
      expect(state.get('variance')![channel]).toBeCloseTo(0.75 * (channel + 1) + 0.25 * variance, 5);
    }
  });

  it('leaves statistics alone where batch normalization is frozen, and trains its scale', async () => {
    const step = trainStep(normalized(), {
      losses: [{ loss: squaredError() }],
      optimizer: sgd(),
      batchNorm: 'frozen',
    });
    expect(step.state.map(({ input }) => input).sort()).toEqual(['bias', 'scale']);
  });

  it('makes the mask of a Dropout an input and scales what is kept', async () => {
    const model = modelOf({ x: ['n', 4] }, (build) =>
      build.op('Dropout', ['x', build.constant('float', [], [0.75])]),
    );
    const { model: form, masks } = trainingForm(model);
    expect(masks).toMatchObject([{ ratio: 0.75, shape: ['n', 4] }]);
    const session = await ortRunner.open(form);
    const results = await session.run({
      x: { type: 'float', dims: [1, 4], data: Float32Array.of(1, 2, 3, Number.NaN) },
      [masks[0]!.name]: { type: 'bool', dims: [1, 4], data: Uint8Array.of(1, 0, 1, 0) },
    });
    expect([...(Object.values(results)[0]!.data as Float32Array)]).toEqual([4, 0, 12, 0]);
    await session.close();
  });

  it('trains through a Slice whose bounds an exporter computes from a Shape', async () => {
    const halves = (computed: boolean) =>
      modelOf({ x: ['n', 4] }, (build) => {
        const whole = build.op('MatMul', ['x', build.constant('float', [4, 6], normal(24, 1), 'w')]);
        const list = (value: number) => build.constant('int64', [1], [value]);
        const width = build.op('Gather', [build.op('Shape', [whole]), list(1)]);
        const middle = computed ? build.op('Div', [width, list(2)]) : list(3);
        const left = build.op('Slice', [whole, list(0), middle, list(1)]);
        const right = build.op('Slice', [whole, middle, list(6), list(1)]);
        return build.op('Mul', [left, right]);
      });
    const feeds = { x: { dims: [5, 4], data: normal(20, 2) }, target: { dims: [5, 3], data: normal(15, 3) } };
    const [computed, given] = await Promise.all(
      [true, false].map((form) =>
        once(trainStep(halves(form), { losses: [{ loss: squaredError() }], optimizer: sgd() }), feeds),
      ),
    );
    expect(computed).toEqual(given);
    expect(computed!.get('w')).not.toEqual([...normal(24, 1)]);
  });

  it('trains weights in Constant nodes, gives equal biases shared by Identity their own copy, keeps tied matrices tied', () => {
    const model = modelOf({ x: ['n', 4] }, (build) => {
      const square = build.constant('float', [4, 4], normal(16, 1), 'w');
      const tied = build.op('Identity', [square], {}, { name: 'tied' });
      const bias = build.constant('float', [4], new Float32Array(4).fill(0.1), 'b');
      const same = build.op('Identity', [bias], {}, { name: 'b2' });
      const constant = build.op(
        'Constant',
        [],
        {
          value: {
            kind: 'tensor',
            value: {
              name: '',
              type: 'float',
              dims: [4, 3],
              data: {
                size: 48,
                read: (from = 0, to = 48) => new Uint8Array(normal(12, 2).buffer).subarray(from, to),
              },
            },
          },
        },
        { name: 'c' },
      );
      const first = build.op('Add', [build.op('MatMul', ['x', square]), bias]);
      return build.op('MatMul', [build.op('Add', [build.op('MatMul', [first, tied]), same]), constant]);
    });
    const step = trainStep(model, { losses: [{ loss: crossEntropy() }], optimizer: sgd() });
    expect(step.state.map(({ input }) => input).sort()).toEqual(['b', 'b2', 'c', 'w']);
  });

  it('keeps zeros, frozen weights and decay-free biases as they are', async () => {
    const model = modelOf({ x: ['n', 4] }, (build) => {
      const w = normal(12, 1).map((value, i) => (i % 3 === 0 ? 0 : value));
      return build.op('Gemm', [
        'x',
        build.constant('float', [4, 3], w, 'w'),
        build.constant('float', [3], [1, 2, 3], 'b'),
      ]);
    });
    const x = { dims: [2, 4], data: new Float32Array(8) };
    const target = { dims: [2, 3], data: Float32Array.of(1, 2, 3, 1, 2, 3) };
    const losses = [{ loss: squaredError() }];
    // The input is zero and the bias right: there is no gradient, so only decay moves anything.
    const step = trainStep(model, { losses, optimizer: sgd(), decay: 0.5, keepZeros: true });
    const state = await once(step, { x, target });
    const initial = Object.fromEntries(step.state.map((slot) => [slot.input, initialState(slot)]));
    expect(state.get('b')).toEqual([1, 2, 3]);
    for (const [i, value] of state.get('w')!.entries()) expect(value).toBeCloseTo(0.95 * initial.w![i]!, 6);
    const moved = await once(trainStep(model, { losses, optimizer: sgd(), keepZeros: true }), {
      x: { dims: [2, 4], data: normal(8, 4) },
      target,
    });
    for (const [i, value] of moved.get('w')!.entries()) expect(value === 0).toBe(i % 3 === 0);
    const frozen = trainStep(model, { losses, optimizer: sgd(), trainable: (name) => name !== 'w' });
    expect(frozen.state.map(({ input }) => input)).toEqual(['b']);
  });

  it('clips the joint norm of all gradients', async () => {
    const model = modelOf({ x: ['n', 4] }, (build) =>
      build.op('Gemm', [
        'x',
        build.constant('float', [4, 3], normal(12, 1), 'w'),
        build.constant('float', [3], [1, 2, 3], 'b'),
      ]),
    );
    const feeds = {
      x: { dims: [2, 4], data: normal(8, 4) },
      target: { dims: [2, 3], data: normal(6, 5, 10) },
    };
    const step = trainStep(model, {
      losses: [{ loss: squaredError() }],
      optimizer: sgd(),
      clip: { norm: 0.01 },
    });
    const state = await once(step, feeds);
    const change = step.state.flatMap((slot) =>
      state.get(slot.input)!.map((value, i) => (value - initialState(slot)[i]!) / 0.1),
    );
    expect(Math.hypot(...change)).toBeCloseTo(0.01, 4);
  });

  it('passes over the Softmax that ends a model', () => {
    const model = modelOf({ x: ['n', 4] }, (build) =>
      build.op('Softmax', [build.op('MatMul', ['x', build.constant('float', [4, 3], normal(12, 1), 'w')])]),
    );
    const { graph } = trainStep(model, { losses: [{ loss: crossEntropy() }], optimizer: sgd() }).model;
    const scores = graph.nodes.find(({ opType }) => opType === 'MatMul')!.outputs[0]!;
    expect(graph.consumers(scores).map(({ opType }) => opType)).toContain('LogSoftmax');
  });

  it('upgrades an older model first', async () => {
    // Before opset 13 axes are attributes, and Dropout's ratio is one before 12.
    const old = modelOf(
      { x: ['n', 4, 2] },
      (build) => {
        const mean = build.op('ReduceMean', ['x'], { axes: ints([2]), keepdims: int(0) });
        return build.op('MatMul', [
          build.op('Dropout', [mean], { ratio: float(0.25) }),
          build.constant('float', [4, 3], normal(12, 1), 'w'),
        ]);
      },
      11,
    );
    const step = trainStep(old, { losses: [{ loss: squaredError() }], optimizer: sgd(), dropout: false });
    const state = await once(step, {
      x: { dims: [2, 4, 2], data: normal(16, 2) },
      target: { dims: [2, 3], data: normal(6, 3) },
    });
    expect(state.get('w')).not.toEqual([...normal(12, 1)]);
    expect(trainingForm(old).masks).toMatchObject([{ ratio: 0.25 }]);
  });

  it('refuses an opset that cannot be upgraded, and a model without weights', () => {
    const old = modelOf({ x: ['n', 4] }, (build) => build.op('Relu', ['x']), 5);
    expect(() => trainingForm(old)).toThrow(expect.objectContaining({ code: 'training-opset' }));
    const bare = modelOf({ x: ['n', 4] }, (build) => build.op('Relu', ['x']));
    expect(() => trainStep(bare, { losses: [{ loss: squaredError() }], optimizer: sgd() })).toThrow(
      expect.objectContaining({ code: 'nothing-to-train' }),
    );
  });
});
