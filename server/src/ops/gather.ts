import { int, text } from '../ir/attribute.ts';
import type { Dim } from '../ir/dim.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, type Coupling, defineOp, free } from './define.ts';
import { normalizeAxis, unknownShape } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { indexInput, intInput } from './shared/samples.ts';
import { scatterAxis } from './shared/scatter-axis.ts';
import { int64List, zerosLike } from './shared/shape-values.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

export const gather = defineOp({
  type: 'Gather',
  summary:
    'Takes the slices of an axis that the indices name: embeddings, one channel, a size out of a shape.',
  inputs: ['data', 'indices'],
  outputs: ['output'],
  attributes: { axis: attribute.int('The axis to take from.', 0) },
  infer: ({ inputs: [x, list], attributes, ints: known, fail }) => {
    const [shape, indices] = [shapeOf(x), shapeOf(list)];
    const type = elementOf(x);
    const [values, picks] = [known(0), known(1)];
    const axis = shape ? normalizeAxis(attributes.axis, shape.length, fail) : attributes.axis;
    const size = shape?.[axis];
    if (typeof size === 'number') {
      const bad = picks?.find((index) => typeof index === 'number' && (index < -size || index >= size));
      if (bad !== undefined) fail(`index ${bad} is outside of the ${size} of axis ${axis}`);
    }
    const result = shape && indices && [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)];
    const rank = shape?.length ?? (values ? 1 : undefined);
    const taken =
      values && picks && rank === 1
        ? picks.map((index): Dim => (typeof index === 'number' ? (values.at(index) ?? '?') : '?'))
        : undefined;
    return [withInts(tensorOf(type, result), taken)];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [x, indices],
      types,
      attributes,
      dy: [dy],
      wants,
    } = context;
    if (!dy || !wants(0)) return [];
    const { type, shape } = types(x!);
    const rank = shape!.length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const known = shape![axis]!;
    const size =
      typeof known === 'number' ? known : build.op('Shape', [x!], { start: int(axis), end: int(axis + 1) });
    const indexRank = types(indices!).shape!.length;
    return [scatterAxis(build, dy, indices!, { type, axis, size, rank, indexRank })];
  },
  channels: ({ inputs: [x, list], attributes }) => {
    const rank = x?.shape?.length ?? 0;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const indexRank = list?.shape?.length;
    if (indexRank === undefined) return [];
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
    const data: Coupling[] = others.map((i) => ({
      from: { input: 0, axis: i },
      to: { output: 0, axis: i < axis ? i : i - 1 + indexRank },
    }));
    const places: Coupling[] = Array.from({ length: indexRank }, (_, i) => ({
      from: { input: 1, axis: i },
      to: { output: 0, axis: axis + i },
    }));
    return [...data, ...places];
  },
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'embedding', inputs: [waveInput([5, 3]), indexInput([2, 2], [4, 0, -1, 4])] },
    {
      name: 'axis',
      inputs: [waveInput([2, 4, 3]), indexInput([3], [3, 0, 3])],
      attributes: new Map([['axis', int(1)]]),
    },
    { name: 'one index', inputs: [waveInput([2, 4]), intInput(2)], attributes: new Map([['axis', int(-1)]]) },
  ],
});

export const gatherElements = defineOp({
  type: 'GatherElements',
  summary: 'out[i][j] = data[index[i][j]][j] for axis 0, and likewise for other axes: one index an element.',
  inputs: ['data', 'indices'],
  outputs: ['output'],
  attributes: { axis: attribute.int('The axis that the indices count along.', 0) },
  infer: ({ inputs: [x, list], attributes, ints: known, fail }) => {
    const [shape, indices] = [shapeOf(x), shapeOf(list)];
    if (shape && indices && shape.length !== indices.length)
      fail(`data of rank ${shape.length} with indices of rank ${indices.length}`);
    if (shape) normalizeAxis(attributes.axis, shape.length, fail);
    const [values, picks] = [known(0), known(1)];
    const taken =
      values && picks && indices?.length === 1
        ? picks.map((index): Dim => (typeof index === 'number' ? (values.at(index) ?? '?') : '?'))
        : undefined;
    return [withInts(tensorOf(elementOf(x), indices ?? (shape && unknownShape(shape.length))), taken)];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [x, indices],
      attributes,
      dy: [dy],
      wants,
    } = context;
    if (!dy || !wants(0)) return [];
    return [
      build.op('ScatterElements', [zerosLike(context, x!), indices!, dy], {
        axis: int(attributes.axis),
        reduction: text('add'),
      }),
    ];
  },
  channels: { none: 'each element chooses its own place' },
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'rows', inputs: [waveInput([3, 3]), indexInput([2, 3], [1, 2, 0, 2, -3, 0])] },
    {
      name: 'columns',
      inputs: [waveInput([2, 4]), indexInput([2, 2], [3, 3, 0, 2])],
      attributes: new Map([['axis', int(1)]]),
    },
  ],
});

export const gatherND = defineOp({
  type: 'GatherND',
  summary:
    'The last axis of the indices names a place or a slice of data; the first batch_dims axes go in step.',
  inputs: ['data', 'indices'],
  outputs: ['output'],
  attributes: { batch_dims: attribute.int('Number of leading axes that data and indices share.', 0) },
  infer: ({ inputs: [x, list], attributes: { batch_dims: batch }, fail }) => {
    const [shape, indices] = [shapeOf(x), shapeOf(list)];
    const depth = indices?.at(-1);
    if (!shape || !indices || typeof depth !== 'number') return [tensorOf(elementOf(x))];
    if (batch + depth > shape.length) fail(`${batch + depth} indices for data of rank ${shape.length}`);
    return [tensorOf(elementOf(x), [...indices.slice(0, -1), ...shape.slice(batch + depth)])];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [x, indices],
      types,
      attributes: { batch_dims: batch },
      dy: [dy],
      wants,
    } = context;
    if (!dy || !wants(0)) return [];
    // Full indices: the batch axes count up in front of what was given.
    const rank = types(indices!).shape!.length;
    const lead = build.op(
      'Concat',
      [build.op('Shape', [indices!], { end: int(rank - 1) }), int64List(build, [1])],
      { axis: int(0) },
    );
    const counters = Array.from({ length: batch }, (_, axis) => {
      const size = build.op('Squeeze', [build.op('Shape', [x!], { start: int(axis), end: int(axis + 1) })]);
      const count = build.op('Range', [
        build.constant('int64', [], [0]),
        size,
        build.constant('int64', [], [1]),
      ]);
      const aligned = build.op('Reshape', [
        count,
        int64List(
          build,
          Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
        ),
      ]);
      return build.op('Expand', [aligned, lead]);
    });
    const full = batch > 0 ? build.op('Concat', [...counters, indices!], { axis: int(-1) }) : indices!;
    return [build.op('ScatterND', [zerosLike(context, x!), full, dy], { reduction: text('add') })];
  },
  channels: { none: 'each element chooses its own place' },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    { name: 'elements', inputs: [waveInput([2, 3]), indexInput([3, 2], [0, 1, 1, 2, 0, 1])] },
    { name: 'slices', inputs: [waveInput([3, 2, 2]), indexInput([2, 1], [2, 0])] },
    {
      name: 'batch',
      inputs: [waveInput([2, 3, 2]), indexInput([2, 2, 1], [2, 0, 1, 1])],
      attributes: new Map([['batch_dims', int(1)]]),
    },
  ],
});
