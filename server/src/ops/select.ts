import { int } from '../ir/attribute.ts';
import { type Dim, elementCount, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, free, perInput } from './define.ts';
import { normalizeAxis, plainInts } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { discrete } from './shared/none.ts';
import { indexInput, intInput, intsInput, scalarInput } from './shared/samples.ts';
import { scatterAxis } from './shared/scatter-axis.ts';
import { shapeValue, zerosLike } from './shared/shape-values.ts';
import { elementOf, tensorOf } from './shared/types.ts';

const bools = (values: readonly number[]) => ({
  type: 'bool' as const,
  shape: [values.length],
  values,
  constant: true,
});

export const topK = defineOp({
  type: 'TopK',
  summary: 'The k largest or smallest elements along an axis, and where they stand.',
  inputs: ['X', 'K?'],
  outputs: ['Values', 'Indices?'],
  attributes: {
    axis: attribute.int('The axis to search along.', -1),
    largest: attribute.int('1: the largest; 0: the smallest.', 1),
    sorted: attribute.int('1: in order; 0: in any order.', 1),
    k: attribute.int('How many, before opset 10.'),
  },
  infer: ({ inputs: [x], attributes, ints, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x)), tensorType('int64')];
    const axis = normalizeAxis(attributes.axis, shape.length, fail);
    const k: Dim = attributes.k ?? ints(1)?.[0] ?? unknownDim;
    const size = shape[axis]!;
    if (typeof k === 'number' && typeof size === 'number' && k > size)
      fail(`the ${k} largest of ${size} elements of axis ${axis}`);
    const result = shape.map((dim, i) => (i === axis ? k : dim));
    return [tensorOf(elementOf(x), result), tensorType('int64', result)];
  },
  cost: perInput(4),
  gradient: (context) => {
    const {
      build,
      inputs,
      outputs,
      attributes,
      dy: [dy],
    } = context;
    if (!dy) return [];
    const { axis, largest, sorted } = attributes;
    const settings = { axis: int(axis), largest: int(largest), sorted: int(sorted) };
    const indices = outputs[1] || build.multi('TopK', inputs, 2, settings)[1]!;
    return [build.op('ScatterElements', [zerosLike(context, inputs[0]!), indices, dy], { axis: int(axis) })];
  },
  channels: ({ inputs: [x], outputs: [y], attributes }) => {
    const rank = x?.shape?.length ?? 0;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    return (x?.shape ?? []).flatMap((_, i) =>
      i === axis || !y
        ? []
        : [0, 1].map((output) => ({ from: { input: 0, axis: i }, to: { output, axis: i } })),
    );
  },
  quantize: { none: 'it ranks numbers; its int8 form gains nothing' },
  samples: [
    { name: 'largest', outputs: 2, inputs: [waveInput([3, 5]), intsInput([2])] },
    {
      name: 'smallest of the first axis',
      outputs: 2,
      inputs: [waveInput([4, 3]), intsInput([3])],
      attributes: new Map([
        ['axis', int(0)],
        ['largest', int(0)],
      ]),
    },
  ],
});

export const unique = defineOp({
  type: 'Unique',
  summary: 'The different elements (or slices of an axis), where each first stands, and how often.',
  inputs: ['X'],
  outputs: ['Y', 'indices?', 'inverse_indices?', 'counts?'],
  attributes: {
    axis: attribute.int('Compare slices of this axis; all elements by default.'),
    sorted: attribute.int('1: in order; 0: as they first appear.', 1),
  },
  infer: ({ inputs: [x], attributes, fail }) => {
    const shape = shapeOf(x);
    const list = tensorType('int64', [unknownDim]);
    if (attributes.axis === undefined) {
      const all = tensorType('int64', [shape ? elementCount(shape) : unknownDim]);
      return [tensorOf(elementOf(x), [unknownDim]), list, all, list];
    }
    if (!shape) return [tensorOf(elementOf(x)), list, list, list];
    const axis = normalizeAxis(attributes.axis, shape.length, fail);
    const inverse = tensorType('int64', [shape[axis]!]);
    return [
      tensorOf(
        elementOf(x),
        shape.map((dim, i) => (i === axis ? unknownDim : dim)),
      ),
      list,
      inverse,
      list,
    ];
  },
  cost: perInput(4),
  ...discrete,
  samples: [
    { name: 'elements', dataDependent: true, outputs: 4, inputs: [indexInput([2, 3], [3, 1, 3, 2, 1, 3])] },
    {
      name: 'rows',
      dataDependent: true,
      outputs: 4,
      inputs: [indexInput([3, 2], [1, 0, 1, 0, 2, 3])],
      attributes: new Map([['axis', int(0)]]),
    },
  ],
});

export const nonZero = defineOp({
  type: 'NonZero',
  summary: 'The indices of the elements that are not zero: one row an axis, one column an element.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {},
  infer: ({ inputs: [x], ints }) => {
    const rank = shapeOf(x)?.length;
    const values = plainInts(ints(0));
    if (rank === 1 && values) {
      const places = values.flatMap((value, i) => (value === 0 ? [] : [i]));
      return [{ type: tensorType('int64', [1, places.length]), ints: places }];
    }
    return [tensorType('int64', [rank ?? unknownDim, unknownDim])];
  },
  cost: perInput(),
  ...discrete,
  samples: [{ name: 'some', dataDependent: true, inputs: [indexInput([2, 3], [0, 4, 0, 1, 0, -2])] }],
});

export const compress = defineOp({
  type: 'Compress',
  summary: 'Keeps the slices of an axis (or the elements of the flat tensor) whose condition is true.',
  inputs: ['input', 'condition'],
  outputs: ['output'],
  attributes: { axis: attribute.int('The axis; the flat tensor by default.') },
  infer: ({ inputs: [x], attributes, ints, fail }) => {
    const shape = shapeOf(x);
    const kept: Dim = plainInts(ints(1))?.filter((value) => value !== 0).length ?? unknownDim;
    if (attributes.axis === undefined) return [tensorOf(elementOf(x), [kept])];
    if (!shape) return [tensorOf(elementOf(x))];
    const axis = normalizeAxis(attributes.axis, shape.length, fail);
    return [
      tensorOf(
        elementOf(x),
        shape.map((dim, i) => (i === axis ? kept : dim)),
      ),
    ];
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      inputs: [x, condition],
      types,
      attributes,
      dy: [dy],
      wants,
    } = context;
    if (!dy || !wants(0)) return [];
    const { type, shape } = types(x!);
    const places = build.op('Squeeze', [
      build.op('NonZero', [condition!]),
      build.constant('int64', [1], [0]),
    ]);
    if (attributes.axis === undefined) {
      const size = build.op('Reshape', [build.op('Size', [x!]), build.constant('int64', [1], [1])]);
      const flat = scatterAxis(build, dy, places, { type, axis: 0, size, rank: 1, indexRank: 1 });
      return [build.op('Reshape', [flat, shapeValue(context, x!)])];
    }
    const rank = shape!.length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const known = shape![axis]!;
    const size =
      typeof known === 'number' ? known : build.op('Shape', [x!], { start: int(axis), end: int(axis + 1) });
    return [scatterAxis(build, dy, places, { type, axis, size, rank, indexRank: 1 })];
  },
  channels: ({ inputs: [x], attributes }) => {
    const rank = x?.shape?.length ?? 0;
    const { axis } = attributes;
    if (axis === undefined) return [];
    const at = axis < 0 ? axis + rank : axis;
    return Array.from({ length: rank }, (_, i) => i)
      .filter((i) => i !== at)
      .map((i) => ({ from: { input: 0, axis: i }, to: { output: 0, axis: i } }));
  },
  quantize: { none: 'onnxruntime has no int8 kernel for it' },
  samples: [
    {
      name: 'rows',
      inputs: [waveInput([3, 2]), bools([0, 1, 1])],
      attributes: new Map([['axis', int(0)]]),
    },
    { name: 'flat', inputs: [waveInput([3, 2]), bools([0, 1, 0, 0, 1])] },
  ],
});

export const nonMaxSuppression = defineOp({
  type: 'NonMaxSuppression',
  summary: 'Keeps the best boxes that do not overlap: rows of batch, class and box index.',
  inputs: ['boxes', 'scores', 'max_output_boxes_per_class?', 'iou_threshold?', 'score_threshold?'],
  outputs: ['selected_indices'],
  attributes: {
    center_point_box: attribute.int('0: boxes are corners [y1, x1, y2, x2]; 1: [x, y, width, height].', 0),
  },
  infer: () => [tensorType('int64', [unknownDim, 3])],
  cost: perInput(8),
  ...discrete,
  samples: [
    {
      name: 'two boxes',
      dataDependent: true,
      inputs: [
        { type: 'float', shape: [1, 3, 4], values: [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 10, 1, 11] },
        { type: 'float', shape: [1, 1, 3], values: [0.9, 0.75, 0.6] },
        intInput(3),
        scalarInput(0.5),
        scalarInput(0),
      ],
    },
  ],
});
