import { expect, test } from 'vitest';
import { int, ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import { bytesOf } from '../../ir/tensor.ts';
import { modelBytes } from '../../onnx/write.ts';
import { ortRunner } from '../../runtime/session.ts';
import { applyStep, modelOf, normal, randomData } from '../shared/step.testing.ts';
import { fusedOperators } from './fused.testing.ts';
import { quantize } from './quantize.ts';

const image = { x: ['N', 3, 8, 8] } as const;
const data = randomData([3, 8, 8], 64);

function conv(b: Builder, x: string, from: number, to: number, seed: number, kernel = 3): string {
  const weights = b.constant(
    'float',
    [to, from, kernel, kernel],
    normal(to * from * kernel ** 2, seed, 0.2),
    `w${seed}`,
  );
  const bias = b.constant('float', [to], normal(to, seed + 100), `b${seed}`);
  const pads = Array.from({ length: 4 }, () => (kernel - 1) / 2);
  return b.op('Conv', [x, weights, bias], { pads: ints(pads) }, { name: `conv${seed}` });
}

function gemm(b: Builder, x: string, from: number, to: number, seed: number): string {
  const weights = b.constant('float', [to, from], normal(to * from, seed, 0.2), `w${seed}`);
  return b.op(
    'Gemm',
    [x, weights, b.constant('float', [to], normal(to, seed), `b${seed}`)],
    { transB: int(1) },
    { name: `gemm${seed}` },
  );
}

/** A residual network with pooling, flattening and two dense layers. */
const residual = (opset?: number): Model =>
  modelOf(
    image,
    (b) => {
      const stem = b.op('Relu', [conv(b, 'x', 3, 16, 1)]);
      const inner = conv(b, b.op('Relu', [conv(b, stem, 16, 16, 2)]), 16, 16, 3);
      const sum = b.op('Relu', [b.op('Add', [inner, stem])]);
      const pooled = b.op('MaxPool', [sum], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
      const dense = b.op('Relu', [gemm(b, b.op('Flatten', [pooled]), 256, 32, 4)]);
      return gemm(b, dense, 32, 10, 5);
    },
    opset,
  );

async function run(model: Model, samples = 64) {
  const session = await ortRunner.open(model, { threads: 1 });
  try {
    const { value } = await data.batches(samples)[Symbol.asyncIterator]().next();
    const outputs = await session.run({ x: value!.input });
    return Object.values(outputs).map((output) => output.data as Float32Array);
  } finally {
    await session.close();
  }
}

/** Signal-to-noise ratio in decibels. */
function ratio(signal: Float32Array, noisy: Float32Array): number {
  let [power, noise] = [0, 0];
  for (const [i, value] of signal.entries()) {
    power += value ** 2;
    noise += (value - noisy[i]!) ** 2;
  }
  return 10 * Math.log10(power / noise);
}

test('every layer of a residual network becomes an integer kernel, with results close to the float ones', async () => {
  const model = residual();
  const before = modelBytes(model);
  const result = await applyStep(quantize, model, {}, {}, { train: data });
  expect(Buffer.compare(modelBytes(model), before)).toBe(0);
  expect(await fusedOperators(result.model)).toEqual([
    'QuantizeLinear',
    ...['QLinearConv', 'QLinearConv', 'QLinearConv', 'QLinearAdd', 'MaxPool', 'Flatten', 'QGemm', 'QGemm'],
  ]);
  expect(ratio((await run(model))[0]!, (await run(result.model))[0]!)).toBeGreaterThan(30);
  expect(result.layers.map(({ layer, change }) => `${layer}: ${change}`)).toEqual([
    'conv1: int8 per channel',
    'conv2: int8 per channel',
    'conv3: int8 per channel',
    'gemm4: int8 per channel',
    'gemm5: int8 per channel',
  ]);
  const weights = (of: Model) =>
    [...of.graph.initializers.values()].reduce((sum, value) => sum + bytesOf(value), 0);
  expect(weights(result.model)).toBeLessThan(0.32 * weights(model));
});

test('the same seed gives the same file', async () => {
  const files = await Promise.all(
    [0, 1].map(async () =>
      modelBytes((await applyStep(quantize, residual(), { samples: 20 }, {}, { train: data })).model),
    ),
  );
  expect(Buffer.compare(files[0]!, files[1]!)).toBe(0);
});

test('int8 activations and one scale a layer work too', async () => {
  const model = residual();
  const { model: result, layers } = await applyStep(
    quantize,
    model,
    { activations: 'int8', 'per-channel': false },
    {},
    { train: data },
  );
  expect(layers[0]!.change).toBe('int8 per tensor');
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(25);
});

test.each(['percentile', 'mse', 'entropy'])(
  'calibration by %s works within a few decibels',
  async (calibration) => {
    const model = residual();
    const { model: result } = await applyStep(quantize, model, { calibration }, {}, { train: data });
    expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(22);
  },
);

test('a model of an old opset is raised to one that has a scale for each channel', async () => {
  const model = residual(11);
  const { model: result, notes, layers } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(result.opsets.get('')).toBe(13);
  expect(notes.some((note) => note.includes('from opset 11 to 13'))).toBe(true);
  expect(layers.every(({ change }) => change === 'int8 per channel')).toBe(true);
  expect(await fusedOperators(result)).toContain('QLinearAdd');
});

test('one scale a layer works for models of opsets before the quantizers', async () => {
  const model = modelOf(image, (b) => conv(b, b.op('Relu', [conv(b, 'x', 3, 8, 1)]), 8, 4, 2), 8);
  const { model: result } = await applyStep(quantize, model, { 'per-channel': false }, {}, { train: data });
  expect(result.opsets.get('')).toBe(13);
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(28);
});

test('layers that the recipe names stay in float, and their neighbours are still fused', async () => {
  const { model, layers } = await applyStep(
    quantize,
    residual(),
    { 'first-layer': 'float' },
    { gemm4: { skip: true } },
    { train: data },
  );
  expect(layers.map(({ change }) => change)).toEqual([
    'left in float: it is the first layer',
    'int8 per channel',
    'int8 per channel',
    'left in float: the recipe says so',
    'int8 per channel',
  ]);
  const fused = await fusedOperators(model);
  expect(fused.filter((op) => op === 'QLinearConv').length).toBe(2);
  expect(fused.filter((op) => op === 'QGemm').length).toBe(1);
  expect(model.graph.initializers.has('w1') && model.graph.initializers.has('w4')).toBe(true);
});

test('a node without weights that must stay in float is not fused by the runtime either', async () => {
  const build = (b: Builder) => {
    const pooled = b.op('AveragePool', [conv(b, 'x', 3, 8, 1)], {
      kernel_shape: ints([2, 2]),
      dilations: ints([2, 2]),
    });
    const inner = conv(b, pooled, 8, 8, 2);
    const larger = b.op('ConvTranspose', [inner, b.constant('float', [8, 8, 2, 2], normal(256, 5), 'w')]);
    return conv(b, larger, 8, 4, 3);
  };
  const { model, layers } = await applyStep(quantize, modelOf(image, build, 19), {}, {}, { train: data });
  expect(await fusedOperators(model)).toEqual([
    ...['QuantizeLinear', 'QLinearConv', 'DequantizeLinear', 'AveragePool', 'Sum'],
    ...['QuantizeLinear', 'QLinearConv', 'DequantizeLinear', 'ConvTranspose', 'Sum'],
    ...['QuantizeLinear', 'QLinearConv', 'DequantizeLinear'],
  ]);
  expect(layers[2]!.change).toBe('left in float: onnxruntime has no int8 kernel for it');
});

test('a Relu behind a pooling is taken over by the convolution before it', async () => {
  const model = modelOf(image, (b) => {
    const pooled = b.op('MaxPool', [conv(b, 'x', 3, 8, 1)], {
      kernel_shape: ints([2, 2]),
      strides: ints([2, 2]),
    });
    return gemm(b, b.op('Flatten', [b.op('Relu', [pooled])]), 128, 4, 2);
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(await fusedOperators(result)).toEqual([
    'QuantizeLinear',
    'QLinearConv',
    'MaxPool',
    'Flatten',
    'QGemm',
  ]);
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(30);
});

test('a gated network with HardSwish and squeeze-and-excitation is integer throughout', async () => {
  const model = modelOf(image, (b) => {
    const first = b.op('HardSwish', [conv(b, 'x', 3, 8, 1)]);
    const squeezed = b.op('Relu', [conv(b, b.op('GlobalAveragePool', [first]), 8, 4, 2, 1)]);
    const gate = b.op('HardSigmoid', [conv(b, squeezed, 4, 8, 3, 1)]);
    const halved = b.op('Div', [b.op('Mul', [first, gate]), b.constant('float', [1], [2])]);
    return conv(b, halved, 8, 4, 4);
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(await fusedOperators(result)).toEqual([
    ...[
      'QuantizeLinear',
      'QLinearConv',
      'QLinearAdd',
      'QLinearMul',
      'QLinearGlobalAveragePool',
      'QLinearConv',
    ],
    ...['QLinearConv', 'QLinearAdd', 'QLinearMul', 'QLinearConv', 'DequantizeLinear'],
  ]);
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(25);
});

test('a Relu stays where the value before it has another reader', async () => {
  const model = modelOf(image, (b) => {
    const first = conv(b, 'x', 3, 8, 1);
    return conv(b, b.op('Concat', [b.op('Relu', [first]), first], { axis: int(1) }), 16, 4, 2);
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(result.graph.nodes.some(({ opType }) => opType === 'Relu')).toBe(true);
  expect(await fusedOperators(result)).toContain('QLinearConcat');
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(30);
});

test('an output of the graph that an integer kernel gives keeps its name and its type', async () => {
  const model = modelOf(image, (b) => {
    const first = b.op('Relu', [conv(b, 'x', 3, 8, 1)]);
    return [first, conv(b, first, 8, 4, 2)];
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(result.graph.outputs.map(({ name }) => name)).toEqual(model.graph.outputs.map(({ name }) => name));
  const [before, after] = [await run(model), await run(result)];
  for (const [index, values] of before.entries()) expect(ratio(values, after[index]!)).toBeGreaterThan(30);
});

test('factors of a Gemm become part of its constants', async () => {
  const model = modelOf(image, (b) => {
    const weights = b.constant('float', [192, 6], normal(1152), 'w');
    const bias = b.constant('float', [1, 6], normal(6, 2), 'b');
    const factors = { alpha: { kind: 'float', value: 0.5 }, beta: { kind: 'float', value: -2 } } as const;
    return b.op('Gemm', [b.op('Flatten', ['x']), weights, bias], factors);
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(await fusedOperators(result)).toContain('QGemm');
  expect(ratio((await run(model))[0]!, (await run(result))[0]!)).toBeGreaterThan(30);
});

test('weights that two layers share are stored once', async () => {
  const model = modelOf(image, (b) => {
    const weights = b.constant('float', [3, 3, 3, 3], normal(81, 1, 0.2), 'shared');
    const apply = (x: string) => b.op('Conv', [x, weights], { pads: ints([1, 1, 1, 1]) });
    return apply(b.op('Relu', [apply('x')]));
  });
  const { model: result } = await applyStep(quantize, model, {}, {}, { train: data });
  expect(
    [...result.graph.initializers.values()].filter(({ type, dims }) => type === 'int8' && dims.length === 4)
      .length,
  ).toBe(1);
});

test('a model with a fixed batch is calibrated in batches of that size', async () => {
  const model = modelOf({ x: [5, 3, 8, 8] }, (b) => conv(b, 'x', 3, 4, 1));
  const { model: result } = await applyStep(quantize, model, { samples: 12 }, {}, { train: data });
  expect(result.graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear').length).toBe(2);
});

const refusal = (model: Model, settings = {}, context = { train: data as typeof data | undefined }) =>
  applyStep(quantize, model, settings, {}, context).then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  );

test('what cannot be quantized is refused with a code', async () => {
  const quantized = (await applyStep(quantize, residual(), {}, {}, { train: data })).model;
  expect(await refusal(quantized)).toBe('already-quantized');
  expect(await refusal(residual(), {}, { train: undefined })).toBe('calibration-data-missing');
  expect(
    await refusal(
      modelOf({ x: [64, 3, 8, 8] }, (b) => conv(b, 'x', 3, 4, 1)),
      { samples: 8 },
    ),
  ).toBe('calibration-empty');
  const two = modelOf({ x: ['N', 3, 8, 8], y: ['N', 4, 8, 8] }, (b) =>
    b.op('Add', [conv(b, 'x', 3, 4, 1), 'y']),
  );
  expect(await refusal(two)).toBe('model-inputs');
  const overflow = modelOf(image, (b) =>
    conv(b, b.op('Exp', [b.op('Mul', ['x', b.constant('float', [], [1e6])])]), 3, 4, 1),
  );
  expect(await refusal(overflow)).toBe('calibration-not-finite');
});
