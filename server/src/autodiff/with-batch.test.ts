import { expect, it } from 'vitest';
import { inferShapes } from '../analysis/shapes.ts';
import { shapeOf } from '../ir/value-type.ts';
import { modelOf } from '../steps/shared/step.testing.ts';
import { withBatch } from './with-batch.ts';

it('a batch that is known makes every size known, and leaves the model as it was', () => {
  const model = modelOf({ a: ['n', 3], b: ['m', 'n'], c: ['?', 'k'] }, (build) =>
    build.op('MatMul', ['b', 'a'], {}, { name: 'y' }),
  );
  const { graph } = withBatch(model, 5);
  expect(graph.inputs.map(({ type }) => shapeOf(type))).toEqual([
    [5, 3],
    [5, 5],
    [5, 'k'],
  ]);
  expect(shapeOf(inferShapes(withBatch(model, 5)).types.get('y'))).toEqual([5, 3]);
  expect(shapeOf(model.graph.inputs[0]!.type)).toEqual(['n', 3]);
});
