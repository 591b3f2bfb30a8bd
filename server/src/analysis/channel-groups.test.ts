import { describe, expect, it } from 'vitest';
import { type Attribute, int, ints } from '../ir/attribute.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { createNode } from '../ir/node.ts';
import { tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { channelGroups } from './channel-groups.ts';
import { inferShapes } from './shapes.ts';

/** A graph from [op, inputs, outputs, attributes] rows; weights are zeros of the given shape. */
function network(
  input: readonly number[],
  weights: Readonly<Record<string, readonly number[]>>,
  rows: readonly (readonly [string, string, string, Readonly<Record<string, Attribute>>?])[],
): Model {
  const graph = new Graph('network');
  graph.inputs.push({ name: 'x', type: tensorType('float', input) });
  for (const [name, dims] of Object.entries(weights)) {
    const size = dims.reduce((a, b) => a * b, 1);
    graph.setInitializer(tensor(name, 'float', dims, new Float32Array(size)));
  }
  for (const [op, inputs, outputs, attributes = {}] of rows)
    graph.add([createNode(op, inputs.split(' '), outputs.split(' '), { attributes })]);
  graph.outputs.push({ name: rows.at(-1)![2].split(' ')[0]! });
  return createModel(graph);
}

/** `axis of value` of the constants of the open groups, one line a group. */
const lines = (model: Model): string[] =>
  channelGroups(model, inferShapes(model))
    .filter(({ blocked }) => blocked === undefined)
    .map(
      ({ size, members }) =>
        `${size}: ${members
          .filter(({ constant }) => constant)
          .map(({ value, axis }) => `${value}.${axis}`)
          .sort()
          .join(' ')}`,
    );

const pads = ints([1, 1, 1, 1]);

describe('channel groups', () => {
  it('follow a convolution through a flattening into the next layer', () => {
    const model = network([2, 3, 4, 4], { w1: [8, 3, 3, 3], b1: [8], w2: [128, 10] }, [
      ['Conv', 'x w1 b1', 'a', { pads }],
      ['Relu', 'a', 'r'],
      ['Flatten', 'r', 'f'],
      ['Gemm', 'f w2', 'y'],
    ]);
    expect(lines(model)).toEqual(['8: b1.0 w1.0 w2.0']);
  });

  it('tie the branches of a residual block', () => {
    const model = network(
      [2, 4, 4, 4],
      { w1: [4, 4, 3, 3], w2: [6, 4, 3, 3], w3: [4, 6, 3, 3], w4: [5, 4, 1, 1] },
      [
        ['Conv', 'x w1', 'a', { pads }],
        ['Conv', 'a w2', 'b', { pads }],
        ['Conv', 'b w3', 'c', { pads }],
        ['Add', 'a c', 's'],
        ['Conv', 's w4', 'y'],
      ],
    );
    expect(lines(model)).toEqual(['4: w1.0 w2.1 w3.0 w4.1', '6: w2.0 w3.1']);
  });

  it('keep the parts of a concatenation apart', () => {
    const model = network([2, 3, 4, 4], { w1: [4, 3, 1, 1], w2: [6, 3, 1, 1], w3: [5, 10, 1, 1] }, [
      ['Conv', 'x w1', 'a'],
      ['Conv', 'x w2', 'b'],
      ['Concat', 'a b', 'c', { axis: int(1) }],
      ['Conv', 'c w3', 'y'],
    ]);
    expect(lines(model)).toEqual(['4: w1.0 w3.1', '6: w2.0 w3.1']);
  });

  it('take a depthwise convolution along', () => {
    const model = network([2, 3, 4, 4], { w1: [8, 3, 1, 1], w2: [8, 1, 3, 3], w3: [5, 8, 1, 1] }, [
      ['Conv', 'x w1', 'a'],
      ['Conv', 'a w2', 'b', { pads, group: int(8) }],
      ['Conv', 'b w3', 'y'],
    ]);
    expect(lines(model)).toEqual(['8: w1.0 w2.0 w3.1']);
  });

  it('prune the heads of attention', () => {
    const model = network([2, 5, 12], { q: [12, 24], k: [12, 24], v: [12, 24], o: [24, 12], heads: [1] }, [
      ['MatMul', 'x q', 'q1'],
      ['MatMul', 'x k', 'k1'],
      ['MatMul', 'x v', 'v1'],
      ['Reshape', 'q1 split', 'q2'],
      ['Reshape', 'k1 split', 'k2'],
      ['Reshape', 'v1 split', 'v2'],
      ['Transpose', 'q2', 'q3', { perm: ints([0, 2, 1, 3]) }],
      ['Transpose', 'k2', 'k3', { perm: ints([0, 2, 3, 1]) }],
      ['Transpose', 'v2', 'v3', { perm: ints([0, 2, 1, 3]) }],
      ['MatMul', 'q3 k3', 's'],
      ['Softmax', 's', 'p', { axis: int(-1) }],
      ['MatMul', 'p v3', 'z'],
      ['Transpose', 'z', 'z1', { perm: ints([0, 2, 1, 3]) }],
      ['Reshape', 'z1 join', 'z2'],
      ['MatMul', 'z2 o', 'y'],
    ]);
    model.graph.setInitializer(tensor('split', 'int64', [4], [0, 0, 4, 6]));
    model.graph.setInitializer(tensor('join', 'int64', [3], [0, 0, 24]));
    expect(lines(model)).toEqual(['4: k.1 o.0 q.1 v.1']);
  });

  it('say what blocks them', () => {
    const model = network([2, 3, 4, 4], { w1: [8, 3, 1, 1] }, [['Conv', 'x w1', 'y']]);
    expect(channelGroups(model, inferShapes(model)).map(({ blocked }) => blocked)).toEqual([
      "'y' is an output of the model",
      "'x' is an input of the model",
    ]);
  });
});
