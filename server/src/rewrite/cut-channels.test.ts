import { describe, expect, it } from 'vitest';
import { channelGroups } from '../analysis/channel-groups.ts';
import { inferShapes } from '../analysis/shapes.ts';
import { createRng } from '../base/rng.ts';
import { float, int, ints } from '../ir/attribute.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { cloneModel, type Model } from '../ir/model.ts';
import { floats, tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { openModel } from '../onnx/files.ts';
import { ortRunner } from '../runtime/session.ts';
import { cutChannels } from './cut-channels.ts';

const rng = createRng(7);
const random = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
const weight = (build: Builder, ...dims: number[]) =>
  build.constant('float', dims, random(dims.reduce((a, b) => a * b, 1)));
const list = (build: Builder, ...values: number[]) => build.constant('int64', [values.length], values);
const pads = ints([1, 1, 1, 1]);

function network(input: readonly (number | string)[], write: (build: Builder) => string): Model {
  const graph = new Graph('network');
  graph.inputs.push({ name: 'x', type: tensorType('float', input) });
  graph.outputs.push({ name: write(createBuilder(graph)) });
  return createModel(graph);
}

const models: Readonly<Record<string, () => Model>> = {
  'a residual network with normalization': () =>
    network(['N', 3, 6, 6], (b) => {
      const norm = (x: string, c: number) =>
        b.op('BatchNormalization', [
          x,
          weight(b, c),
          weight(b, c),
          weight(b, c),
          b.constant('float', [c], random(c).map(Math.abs)),
        ]);
      const a = b.op('Relu', [norm(b.op('Conv', ['x', weight(b, 8, 3, 3, 3)], { pads }), 8)]);
      const c = b.op('Relu', [norm(b.op('Conv', [a, weight(b, 6, 8, 3, 3)], { pads }), 6)]);
      const d = norm(b.op('Conv', [c, weight(b, 8, 6, 3, 3), weight(b, 8)], { pads }), 8);
      const sum = b.op('Relu', [b.op('Add', [a, d])]);
      const pooled = b.op('GlobalAveragePool', [sum]);
      return b.op('Gemm', [b.op('Flatten', [pooled]), weight(b, 8, 5), weight(b, 5)]);
    }),
  'a depthwise network with a concatenation': () =>
    network(['N', 3, 6, 6], (b) => {
      const a = b.op('Conv', ['x', weight(b, 4, 3, 1, 1)]);
      const d = b.op(
        'LeakyRelu',
        [b.op('Conv', [a, weight(b, 4, 1, 3, 3), weight(b, 4)], { pads, group: int(4) })],
        {
          alpha: float(0.1),
        },
      );
      const e = b.op('Conv', ['x', weight(b, 6, 3, 3, 3)], { pads });
      const joined = b.op('MaxPool', [b.op('Concat', [d, e], { axis: int(1) })], {
        kernel_shape: ints([2, 2]),
        strides: ints([2, 2]),
      });
      const flat = b.op('Reshape', [joined, list(b, 0, 90)]);
      const hidden = b.op('Relu', [b.op('MatMul', [flat, weight(b, 90, 12)])]);
      return b.op('MatMul', [hidden, weight(b, 12, 4)]);
    }),
  attention: () =>
    network(['N', 5, 12], (b) => {
      const heads = (order: number[]) =>
        b.op(
          'Transpose',
          [b.op('Reshape', [b.op('MatMul', ['x', weight(b, 12, 24)]), list(b, 0, 0, 4, 6)])],
          {
            perm: ints(order),
          },
        );
      const scores = b.op('Softmax', [b.op('MatMul', [heads([0, 2, 1, 3]), heads([0, 2, 3, 1])])]);
      const mixed = b.op('MatMul', [scores, heads([0, 2, 1, 3])]);
      const joined = b.op('Reshape', [
        b.op('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }),
        list(b, 0, 0, 24),
      ]);
      return b.op('MatMul', [joined, weight(b, 24, 12)]);
    }),
  'LeNet-5': () => openModel('examples/fashion-mnist/lenet5.onnx'),
};

async function run(model: Model): Promise<Float32Array> {
  const session = await ortRunner.open(model);
  const [input] = session.inputs;
  const dims = input!.type.shape!.map((dim) => (typeof dim === 'number' ? dim : 2));
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const result = await session.run({ [input!.name]: { type: 'float', dims, data } });
  await session.close();
  return Object.values(result)[0]!.data as Float32Array;
}

describe('cutting channels', () => {
  it.each(Object.keys(models))('gives what zeros in their place give: %s', async (name) => {
    const model = models[name]!();
    const shapes = inferShapes(model);
    const open = channelGroups(model, shapes).filter(({ blocked }) => blocked === undefined);
    expect(open.length).toBeGreaterThan(0);
    for (const group of open) {
      const gone = new Set([0, group.size - 2].filter((channel) => channel >= 0));
      const [zeroed, cut] = [cloneModel(model), cloneModel(model)];
      for (const { value, axis, constant, channels } of group.members) {
        if (!constant) continue;
        const old = zeroed.graph.constant(value)!;
        const inner = old.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
        const values = floats(old).map((number, i) =>
          gone.has(channels[Math.floor(i / inner) % channels.length]!) ? 0 : number,
        );
        zeroed.graph.setInitializer(tensor(value, 'float', old.dims, values));
      }
      cutChannels(cut.graph, shapes, group, gone);
      expect(inferShapes(cut).problems).toEqual([]);
      const [a, b] = [await run(zeroed), await run(cut)];
      expect(b.length).toBe(a.length);
      for (const [i, value] of b.entries())
        expect(Math.abs(value - a[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
      // Smaller in truth: every constant of the group lost its share.
      for (const { value, axis, constant, channels } of group.members)
        if (constant)
          expect(cut.graph.constant(value)!.dims[axis]).toBe(
            channels.filter((channel) => !gone.has(channel)).length,
          );
    }
  });
});
