import { expect, test } from 'vitest';
import { ints } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Model } from '../../ir/model.ts';
import { modelBytes } from '../../onnx/write.ts';
import { ortRunner } from '../../runtime/session.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { optimize } from './optimize.ts';

function normalized(b: Builder, x: string, channels: number, seed: number): string {
  const weights = b.constant(
    'float',
    [channels, channels, 3, 3],
    normal(9 * channels ** 2, seed, 0.2),
    `w${seed}`,
  );
  const conv = b.op('Conv', [x, weights], { pads: ints([1, 1, 1, 1]) }, { name: `conv${seed}` });
  const parameter = (name: string, shift: number) =>
    b.constant(
      'float',
      [channels],
      normal(channels, seed, 0.1).map((value) => value + shift),
      `${name}${seed}`,
    );
  return b.op('BatchNormalization', [
    conv,
    parameter('scale', 1),
    parameter('shift', 0),
    parameter('mean', 0),
    parameter('variance', 1),
  ]);
}

/** Two normalized convolutions with a residual, and a normalization that cannot be folded since its input is an output too. */
const network = (): Model =>
  modelOf({ x: ['N', 8, 5, 5] }, (b) => {
    const first = b.op('Relu', [normalized(b, b.op('Identity', ['x']), 8, 1)]);
    const sum = b.op('Add', [normalized(b, first, 8, 2), first]);
    const last = normalized(b, sum, 8, 3);
    return [last, b.op('Relu', [b.graph.producer(last)!.inputs[0]!])];
  });

async function run(model: Model) {
  const session = await ortRunner.open(model, { optimization: 'disabled' });
  try {
    return await session.run({ x: { type: 'float', dims: [2, 8, 5, 5], data: normal(400, 4) } });
  } finally {
    await session.close();
  }
}

test('a network has fewer nodes and bytes and the same outputs; what was left is said', async () => {
  const model = network();
  const before = modelBytes(model);
  const { model: result, notes } = await applyStep(optimize, model, {});
  expect(Buffer.compare(modelBytes(model), before)).toBe(0);
  expect(result.graph.nodes.map(({ opType }) => opType)).toEqual([
    'Conv',
    'Relu',
    'Conv',
    'Add',
    'Conv',
    'BatchNormalization',
    'Relu',
  ]);
  expect(modelBytes(result).length).toBeLessThan(before.length);
  expect(notes[0]).toBe('10 nodes became 7.');
  expect(notes.some((note) => /fold-batch-normalization, 2 times/.test(note))).toBe(true);
  expect(notes.some((note) => /fold-batch-normalization left 1 .*read elsewhere/.test(note))).toBe(true);
  const [expected, actual] = [await run(model), await run(result)];
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    const worst = Array.from(data as Float32Array, (value, i) =>
      Math.abs(value - Number(actual[name]!.data[i])),
    );
    expect(worst.reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(1e-4);
  }
});

test('doing it again changes nothing', async () => {
  const once = (await applyStep(optimize, network(), {})).model;
  const twice = (await applyStep(optimize, once, {})).model;
  expect(Buffer.compare(modelBytes(twice), modelBytes(once))).toBe(0);
});

test('a rule that is excepted is not applied', async () => {
  const { model } = await applyStep(optimize, network(), { except: ['fold-batch-normalization'] });
  expect(model.graph.nodes.filter(({ opType }) => opType === 'BatchNormalization').length).toBe(3);
});

test('constants of old files, which are listed as inputs, are constants', async () => {
  const model = { ...network(), irVersion: 3 };
  for (const [name, { dims }] of model.graph.initializers)
    model.graph.inputs.push({ name, type: { kind: 'tensor', type: 'float', shape: dims } });
  const { model: result } = await applyStep(optimize, model, {});
  expect(result.irVersion).toBe(4);
  expect(result.graph.inputs.map(({ name }) => name)).toEqual(['x']);
  expect(result.graph.nodes.filter(({ opType }) => opType === 'BatchNormalization').length).toBe(1);
});

test('the opset is raised when asked for', async () => {
  const { model } = await applyStep(optimize, network(), { opset: 20 });
  expect(model.opsets.get('')).toBe(20);
});
