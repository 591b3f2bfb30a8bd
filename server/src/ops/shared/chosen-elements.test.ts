import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inferShapes } from '../../analysis/shapes.ts';
import { ints } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import { createModel } from '../../ir/create-model.ts';
import { Graph } from '../../ir/graph.ts';
import { ortRunner } from '../../runtime/session.ts';

const axis = fc.record({
  size: fc.integer({ min: 1, max: 4 }),
  start: fc.integer({ min: -5, max: 5 }),
  end: fc.integer({ min: -6, max: 6 }),
  step: fc.constantFrom(-2, -1, 1, 2),
});

test('elements of slices and transposes are those that onnxruntime gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(axis, { minLength: 1, maxLength: 3 })
        .chain((axes) =>
          fc.tuple(fc.constant(axes), fc.shuffledSubarray([...axes.keys()], { minLength: axes.length })),
        ),
      async ([axes, perm]) => {
        const graph = new Graph('chosen');
        const b = createBuilder(graph);
        const list = (values: readonly number[]) => b.constant('int64', [values.length], values);
        const sizes = axes.map(({ size }) => size);
        const count = sizes.reduce((x, y) => x * y, 1);
        const values = b.constant(
          'int64',
          sizes,
          Array.from({ length: count }, (_, i) => i),
        );
        const sliced = b.op('Slice', [
          values,
          list(axes.map(({ start }) => start)),
          list(axes.map(({ end }) => end)),
          list([...axes.keys()]),
          list(axes.map(({ step }) => step)),
        ]);
        const turned = b.op('Transpose', [sliced], { perm: ints(perm) });
        graph.outputs.push({ name: turned });
        const model = createModel(graph, 18);
        const session = await ortRunner.open(model, { optimization: 'disabled', threads: 1 });
        const array = (await session.run({}))[turned]!;
        await session.close();
        const shapes = inferShapes(model);
        expect(shapes.ints.get(turned)).toEqual(Array.from(array.data as BigInt64Array, Number));
        expect(shapes.types.get(turned)).toMatchObject({ shape: array.dims });
      },
    ),
    { numRuns: 100 },
  );
});

test('limits keep numbers inside, and symbols that they do not touch', () => {
  const graph = new Graph('limits');
  const b = createBuilder(graph);
  graph.inputs.push({ name: 'x', type: { kind: 'tensor', type: 'float', shape: ['N', 7] } });
  const shape = b.op('Shape', ['x']);
  const clipped = (low: number, high?: number) =>
    b.op('Clip', [
      shape,
      b.constant('int64', [], [low]),
      ...(high === undefined ? [] : [b.constant('int64', [], [high])]),
    ]);
  const [above, between] = [clipped(1), clipped(0, 5)];
  graph.outputs.push({ name: above }, { name: between });
  const { ints: known } = inferShapes(createModel(graph, 18));
  expect(known.get(above)).toEqual(['N', 7]);
  expect(known.get(between)).toEqual(['?', 5]);
});
