import { describe, expect, test } from 'vitest';
import type { NdArray } from '../../ir/nd-array.ts';
import { ortRunner } from '../../runtime/session.ts';
import { readText } from '../text/build.ts';
import { internalOpset, upgradeModel } from './upgrade.ts';

function modelOf(opset: number, graph: string) {
  const { model, problems } = readText(`<ir_version: 7, opset_import: ["": ${opset}]>\n${graph}`);
  expect(problems).toEqual([]);
  return model!;
}

/** The numbers 0.5, -1, 1.5, -2 ... in the shape of an input. */
function sample(dims: readonly number[]): NdArray {
  const data = Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => (i % 2 ? -1 : 1) * (i + 1) * 0.5,
  );
  return { type: 'float', dims, data };
}

const unary = (node: string, dims = '2,3,4', output = '') =>
  `g (float[${dims}] x) => (float[${output}] y) { ${node} }`;

/** Older form, the version it is written in, and the dims of `x`. */
const forms: readonly (readonly [string, number, string, readonly number[]])[] = [
  ['Clip with bounds', 6, unary('y = Clip <min = -1.0, max = 2.0> (x)'), [2, 3, 4]],
  ['Pad with a value', 9, unary('y = Pad <pads = [0, 1, 0, 0, 0, 2], value = 3.5> (x)'), [2, 3, 4]],
  ['Slice', 9, unary('y = Slice <starts = [1], ends = [9], axes = [2]> (x)'), [2, 3, 4]],
  ['Softmax over several axes', 11, unary('y = Softmax (x)'), [2, 3, 4]],
  ['Softmax over the last axis', 11, unary('y = Softmax <axis = 2> (x)', '2,3,4', '2,3,4'), [2, 3, 4]],
  [
    'LogSoftmax of unknown rank',
    11,
    'g (float[] x) => (float[] y) { z = Relu (x) y = LogSoftmax <axis = 1> (z) }',
    [2, 3, 4],
  ],
  ['Hardmax', 11, unary('y = Hardmax <axis = 1> (x)'), [2, 3, 4]],
  [
    'Squeeze and Unsqueeze',
    11,
    unary('a = Unsqueeze <axes = [0]> (x) y = Squeeze <axes = [0]> (a)'),
    [2, 3, 4],
  ],
  ['ReduceSum', 11, unary('y = ReduceSum <axes = [1], keepdims = 0> (x)'), [2, 3, 4]],
  ['ReduceMean over all axes', 13, unary('y = ReduceMean <keepdims = 0> (x)'), [2, 3, 4]],
  [
    'Split with sizes',
    11,
    unary('a, b = Split <axis = 1, split = [1, 2]> (x) y = Concat <axis = 1> (b, a)'),
    [2, 3, 4],
  ],
  ['Split in equal parts', 11, unary('a, b = Split <axis = 2> (x) y = Sub (a, b)'), [2, 3, 4]],
  ['TopK', 9, unary('y, i = TopK <k = 2> (x)'), [2, 3, 4]],
  ['Dropout', 7, unary('y = Dropout <ratio = 0.3> (x)'), [2, 3, 4]],
  [
    'Upsample',
    7,
    unary('y = Upsample <scales = [1.0, 1.0, 2.0, 3.0], mode = "nearest"> (x)', '1,2,3,2'),
    [1, 2, 3, 2],
  ],
  [
    'Upsample, linear',
    9,
    'g (float[1,1,3,2] x) => (float[] y) <float[4] s = {1, 1, 2, 2}> { y = Upsample <mode = "linear"> (x, s) }',
    [1, 1, 3, 2],
  ],
  [
    'Resize that shrinks',
    10,
    'g (float[1,1,6,6] x) => (float[] y) <float[4] s = {1, 1, 0.5, 0.5}> { y = Resize (x, s) }',
    [1, 1, 6, 6],
  ],
  [
    'Scatter',
    9,
    'g (float[3,2] x) => (float[] y) <int64[1,2] i = {2, 0}, float[1,2] u = {7, 8}> { y = Scatter <axis = 0> (x, i, u) }',
    [3, 2],
  ],
  [
    'BatchNormalization',
    7,
    'g (float[1,2,3] x) => (float[] y) <float[2] s = {1, 2}, float[2] b = {0.5, 0}, float[2] m = {0.1, 0.2}, float[2] v = {1, 4}> { y = BatchNormalization (x, s, b, m, v) }',
    [1, 2, 3],
  ],
  [
    'GroupNormalization',
    18,
    'g (float[1,4,3] x) => (float[] y) <float[2] s = {1, 2}, float[2] b = {0.5, 0}> { y = GroupNormalization <num_groups = 2> (x, s, b) }',
    [1, 4, 3],
  ],
  [
    'a node in a body',
    11,
    'g (float[2,3,4] x) => (float[] y) <bool c = {1}> { y = If (c) <then_branch = t () => (float[] r) { r = Softmax (x) }, else_branch = e () => (float[] r) { r = Relu (x) }> }',
    [2, 3, 4],
  ],
];

describe('up-conversion', () => {
  test.each(forms)('%s gives the same numbers', async (_, opset, graph, dims) => {
    const model = modelOf(opset, graph);
    const { model: upgraded, blocked } = upgradeModel(model);
    expect(blocked).toEqual([]);
    expect(upgraded.opsets.get('')).toBe(internalOpset);
    const outputs = await Promise.all(
      [model, upgraded].map(async (one) => {
        const session = await ortRunner.open(one);
        const { y } = await session.run({ x: sample(dims) });
        await session.close();
        return y!;
      }),
    );
    expect(outputs[1]!.dims).toEqual(outputs[0]!.dims);
    const [before, after] = outputs.map(({ data }) => Array.from(data as Float32Array));
    before!.forEach((value, i) => {
      expect(after![i]).toBeCloseTo(value, 5);
    });
  });

  test('Add with an axis, which onnxruntime does not run, adds along that axis', async () => {
    const graph =
      'g (float[2,3,4] x) => (float[] y) <float[3] b = {1, 2, 3}> { y = Add <axis = 1, broadcast = 1> (x, b) }';
    const session = await ortRunner.open(upgradeModel(modelOf(6, graph)).model);
    const x = sample([2, 3, 4]);
    const { y } = await session.run({ x });
    await session.close();
    const expected = Array.from(x.data as Float32Array, (value, i) => value + 1 + (Math.floor(i / 4) % 3));
    expect(Array.from(y!.data as Float32Array)).toEqual(expected);
  });

  test('the model itself is never changed', () => {
    const model = modelOf(9, unary('y = Slice <starts = [1], ends = [9]> (x)'));
    upgradeModel(model);
    expect(model.graph.nodes[0]!.attributes.has('starts')).toBe(true);
    expect(model.graph.initializers.size).toBe(0);
  });

  test('operators of other domains pass through', () => {
    const { model } = readText(
      `<ir_version: 7, opset_import: ["": 11, "my.ops": 1]>\n${unary('a = my.ops.Softmax <axis = 7> (x) y = Squeeze (a)')}`,
    );
    const { model: upgraded, blocked } = upgradeModel(model!);
    expect(blocked).toEqual([]);
    expect(upgraded.graph.nodes[0]).toMatchObject({ domain: 'my.ops', opType: 'Softmax' });
    expect(upgraded.opsets).toEqual(
      new Map([
        ['', internalOpset],
        ['my.ops', 1],
      ]),
    );
  });

  test('an attribute that a function passes on becomes a constant of it', () => {
    const { model } = readText(
      `<ir_version: 8, opset_import: ["": 13, "f": 1]>\n${unary('y = f.F <axes = [1]> (x)')}\n<domain: "f", opset_import: ["": 13]>\nF <axes> (a) => (b) { b = ReduceMax <axes: ints = @axes> (a) }`,
    );
    const { nodes } = upgradeModel(model!).model.functions[0]!.graph;
    expect(nodes.map(({ opType }) => opType)).toEqual(['Constant', 'ReduceMax']);
    expect(nodes[0]!.attributes.get('value_ints')).toEqual({ kind: 'ref', of: 'ints', value: 'axes' });
  });

  test.each([
    ['statistics for every element', 8, unary('y = BatchNormalization <spatial = 0> (x, x, x, x, x)')],
    ['a mask of numbers', 9, unary('y, m = Dropout (x)')],
    ['a version before the oldest', 5, unary('y = Relu (x)')],
  ])('a model with %s stays as it is, with the reason', (_, opset, graph) => {
    const model = modelOf(opset, graph);
    const { model: same, blocked } = upgradeModel(model);
    expect(same).toBe(model);
    expect(blocked).toHaveLength(1);
  });

  test('a model that is new enough stays as it is', () => {
    const model = modelOf(internalOpset, unary('y = Relu (x)'));
    expect(upgradeModel(model)).toEqual({ model, blocked: [] });
  });
});
