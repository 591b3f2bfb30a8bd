import { expect, it } from 'vitest';
import { createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { tensorType } from '../ir/value-type.ts';
import { tiedWeights } from './tied-weights.ts';

it('finds weights that several nodes read, and copies of one weight', () => {
  const graph = new Graph('tied');
  graph.inputs.push({ name: 'x', type: tensorType('float', [1, 4]) });
  const b = createBuilder(graph);
  const values = Float32Array.from({ length: 16 }, (_, i) => i);
  const shared = b.constant('float', [4, 4], values, 'shared');
  const copy = b.constant('float', [4, 4], values, 'copy');
  const other = b.constant('float', [4, 4], values.slice().reverse(), 'other');
  const first = b.op('MatMul', ['x', shared]);
  const second = b.op('MatMul', [first, shared]);
  const third = b.op('MatMul', [second, copy]);
  graph.outputs.push({ name: b.op('MatMul', [third, other]) });
  const model = createModel(graph);
  const summary = (contents: boolean) =>
    tiedWeights(model, { contents }).map(({ names, uses, wasted }) => ({ names, uses: uses.length, wasted }));
  expect(summary(false)).toEqual([{ names: ['shared'], uses: 2, wasted: 0 }]);
  expect(summary(true)).toEqual([{ names: ['shared', 'copy'], uses: 3, wasted: 64 }]);
});
