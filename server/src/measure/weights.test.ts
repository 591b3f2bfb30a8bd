import { expect, it } from 'vitest';
import { int } from '../ir/attribute.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { createNode } from '../ir/node.ts';
import { tensor } from '../ir/tensor.ts';
import { zeroWeights } from './weights.ts';

it('counts zeros of weights, and elements at the zero point of quantized ones', () => {
  const graph = new Graph();
  graph.setInitializer(tensor('float', 'float', [2, 2], [0, 1, -0, 2]));
  graph.setInitializer(tensor('half', 'float16', [3], [0, 1, -0]));
  graph.setInitializer(tensor('shape', 'int64', [2], [0, 0]));
  graph.setInitializer(tensor('signed', 'int8', [2, 2], [0, 5, 0, 0]));
  graph.setInitializer(tensor('channels', 'uint8', [3, 2], [7, 9, 7, 7, 0, 9]));
  graph.setInitializer(tensor('unused', 'float', [2], [0, 0]));
  graph.setInitializer(tensor('scale', 'float', [], [1]));
  graph.setInitializer(tensor('scales', 'float', [2], [1, 1]));
  graph.setInitializer(tensor('points', 'uint8', [2], [7, 9]));
  graph.add([
    createNode('MatMul', ['x', 'float'], ['a']),
    createNode('MatMul', ['a', 'float'], ['b']),
    createNode('Mul', ['b', 'half'], ['c']),
    createNode('Reshape', ['c', 'shape'], ['d']),
    createNode('DequantizeLinear', ['signed', 'scale'], ['e']),
    createNode('DequantizeLinear', ['channels', 'scales', 'points'], ['f'], { attributes: { axis: int(1) } }),
  ]);
  // 2 of `float`, shared by two nodes; 2 of `half`; 3 of `signed`; 7 9 7 . . 9 of `channels`.
  expect(zeroWeights(createModel(graph))).toBe(2 + 2 + 3 + 4);
});
