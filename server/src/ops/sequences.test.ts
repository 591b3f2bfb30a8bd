import { expect, it } from 'vitest';
import { inferShapes } from '../analysis/shapes.ts';
import { int } from '../ir/attribute.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { ortRunner } from '../runtime/session.ts';

/** Sequences cannot leave a model in JavaScript, so that each graph ends in a tensor. */
const graphs: Readonly<Record<string, (build: Builder) => string>> = {
  'equal parts, one of them': (b) => b.op('SequenceAt', [split(b, 2), one(b, 1)]),
  'parts of given sizes, the last one': (b) => b.op('SequenceAt', [split(b, [1, 4, 1]), one(b, -1)]),
  'single slices without their axis': (b) =>
    b.op('SequenceAt', [b.op('SplitToSequence', ['x'], { axis: int(1), keepdims: int(0) }), one(b, 2)]),
  'parts that are joined again': (b) => b.op('ConcatFromSequence', [split(b, 3)], { axis: int(0) }),
  'parts that are stacked': (b) =>
    b.op('ConcatFromSequence', [split(b, 3)], { axis: int(-1), new_axis: int(1) }),
  'a number of parts': (b) => b.op('SequenceLength', [split(b, 2)]),
  'a sequence that is made, changed and read': (b) => {
    const made = b.op('SequenceConstruct', ['x', b.op('Relu', ['x'])]);
    const longer = b.op('SequenceInsert', [made, b.op('Neg', ['x']), one(b, 0)]);
    return b.op('SequenceAt', [b.op('SequenceErase', [longer]), one(b, 1)]);
  },
  'a sequence that starts empty': (b) => {
    const empty = b.op('SequenceEmpty', [], { dtype: int(1) });
    return b.op('SequenceAt', [b.op('SequenceInsert', [empty, 'x']), one(b, 0)]);
  },
  'an optional value': (b) => b.op('OptionalGetElement', [b.op('Optional', ['x'])]),
  'whether an optional value is there': (b) => b.op('OptionalHasElement', [b.op('Optional', ['x'])]),
};

const one = (b: Builder, value: number) => b.constant('int64', [], [value]);
const split = (b: Builder, sizes: number | readonly number[]) =>
  b.op('SplitToSequence', [
    'x',
    typeof sizes === 'number' ? one(b, sizes) : b.constant('int64', [sizes.length], sizes),
  ]);

it.each(Object.keys(graphs))('%s: as onnxruntime gives it', async (name) => {
  const graph = new Graph('sequences');
  graph.inputs.push({ name: 'x', type: tensorType('float', [6, 4]) });
  graph.outputs.push({ name: graphs[name]!(createBuilder(graph)) });
  const model = createModel(graph);
  const output = graph.outputs[0]!.name;
  const { types, problems } = inferShapes(model);
  expect(problems).toEqual([]);
  const session = await ortRunner.open(model);
  const { [output]: result } = await session.run({
    x: { type: 'float', dims: [6, 4], data: Float32Array.from({ length: 24 }, (_, i) => i) },
  });
  await session.close();
  const inferred = types.get(output);
  expect(inferred?.kind === 'tensor' && inferred.type).toBe(result!.type);
  const shape = shapeOf(inferred);
  if (shape) expect(shape.map((dim, i) => (dim === '?' ? result!.dims[i] : dim))).toEqual(result!.dims);
});
