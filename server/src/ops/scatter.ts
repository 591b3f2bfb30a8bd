import { int, text } from '../ir/attribute.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, defineOp, type GradientContext, type InferContext, perInput } from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { indexInput } from './shared/samples.ts';
import { shapeValue, zeros } from './shared/shape-values.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

const channels = { none: 'each update chooses its own place' };
const quantize = { none: 'onnxruntime has no int8 kernel for it' };
const axis = attribute.int('The axis that the indices count along.', 0);
const reduction = attribute.string(
  'What an update does to the element that is there: none replaces it, or add, mul, max, min.',
  'none',
);

/**
 * Y is X but for the elements that the indices name. With `none` X's gradient loses those, and the updates get theirs; with
 * `add` both get all. ONNX leaves repeated indices open for `none`.
 */
function scatterGradient(
  context: GradientContext<unknown>,
  mode: string,
  scatter: 'ScatterElements' | 'ScatterND',
  gather: 'GatherElements' | 'GatherND',
  axes: Readonly<Record<string, ReturnType<typeof int>>>,
): readonly (string | undefined)[] {
  const {
    build,
    inputs,
    types,
    dy: [dy],
    wants,
  } = context;
  const [x, indices, updates] = inputs;
  if (!dy || (mode !== 'none' && mode !== 'add')) return [];
  const cleared = () =>
    build.op(scatter, [dy, indices!, zeros(build, types(x!).type, shapeValue(context, updates!))], axes);
  return [
    wants(0) ? (mode === 'add' ? dy : cleared()) : undefined,
    undefined,
    wants(2) ? build.op(gather, [dy, indices!], axes) : undefined,
  ];
}

function inferElements({ inputs: [x, list], attributes, fail }: InferContext<{ readonly axis: number }>) {
  const [shape, indices] = [shapeOf(x), shapeOf(list)];
  if (shape) normalizeAxis(attributes.axis, shape.length, fail);
  if (shape && indices && shape.length !== indices.length)
    fail(`data of rank ${shape.length} with indices of rank ${indices.length}`);
  return [x];
}

export const scatterElements = defineOp({
  type: 'ScatterElements',
  summary: 'A copy of data with out[index[i][j]][j] = update[i][j] for axis 0, and likewise for other axes.',
  inputs: ['data', 'indices', 'updates'],
  outputs: ['output'],
  attributes: { axis, reduction },
  infer: inferElements,
  cost: perInput(),
  gradient: (context) =>
    scatterGradient(context, context.attributes.reduction, 'ScatterElements', 'GatherElements', {
      axis: int(context.attributes.axis),
    }),
  channels,
  quantize,
  samples: [
    {
      name: 'rows',
      inputs: [waveInput([3, 3]), indexInput([2, 3], [1, 0, 2, 0, -1, 1]), waveInput([2, 3], 2)],
    },
    {
      name: 'add',
      inputs: [waveInput([1, 5]), indexInput([1, 2], [1, 1]), waveInput([1, 2], 2)],
      attributes: new Map([
        ['axis', int(1)],
        ['reduction', text('add')],
      ]),
    },
  ],
});

export const scatter = defineOp({
  type: 'Scatter',
  summary: 'The old name of ScatterElements, before opset 11.',
  inputs: ['data', 'indices', 'updates'],
  outputs: ['output'],
  attributes: { axis },
  infer: inferElements,
  cost: perInput(),
  gradient: { none: 'a model is brought to an opset that has ScatterElements before it is trained' },
  channels,
  quantize,
  samples: [
    {
      name: 'rows',
      opset: 10,
      inputs: [waveInput([3, 3]), indexInput([1, 3], [1, 0, 2]), waveInput([1, 3], 2)],
    },
  ],
});

export const scatterND = defineOp({
  type: 'ScatterND',
  summary:
    'A copy of data in which the places or slices that the last axis of the indices names are updated.',
  inputs: ['data', 'indices', 'updates'],
  outputs: ['output'],
  attributes: { reduction },
  infer: ({ inputs: [x, list, updates], ints, fail }) => {
    const [shape, indices] = [shapeOf(x), shapeOf(list)];
    const depth = indices?.at(-1);
    if (shape && typeof depth === 'number' && depth > shape.length)
      fail(`${depth} indices for data of rank ${shape.length}`);
    // Exporters write shapes so: one element of a list is replaced.
    const [values, at, by] = [ints(0), ints(1), ints(2)];
    if (
      !values ||
      !at ||
      !by ||
      shape?.length !== 1 ||
      at.length !== by.length ||
      shapeOf(updates)?.length !== 1
    )
      return [x];
    const result = [...values];
    for (const [i, index] of at.entries()) {
      if (typeof index !== 'number' || index < -result.length || index >= result.length) return [x];
      result[index < 0 ? index + result.length : index] = by[i]!;
    }
    return [withInts(tensorOf(elementOf(x), shape), result)];
  },
  cost: perInput(),
  gradient: (context) => scatterGradient(context, context.attributes.reduction, 'ScatterND', 'GatherND', {}),
  channels,
  quantize,
  samples: [
    {
      name: 'elements',
      inputs: [waveInput([2, 3]), indexInput([2, 2], [0, 2, 1, 0]), waveInput([2], 2)],
    },
    {
      name: 'added slices',
      inputs: [waveInput([3, 2]), indexInput([3, 1], [2, 0, 2]), waveInput([3, 2], 2)],
      attributes: new Map([['reduction', text('add')]]),
    },
  ],
});

export const tensorScatter = defineOp({
  type: 'TensorScatter',
  summary:
    'Writes new keys or values into a cache: update goes to `write_indices` of the axis, batch by batch.',
  inputs: ['past_cache', 'update', 'write_indices?'],
  outputs: ['present_cache'],
  attributes: {
    axis: attribute.int('The axis of positions.', -2),
    mode: attribute.string('linear, or circular: positions past the end go on at the begin.', 'linear'),
  },
  infer: ({ inputs: [x] }) => [x],
  cost: perInput(),
  gradient: { none: 'a cache is filled when a model runs, not when it is trained' },
  channels,
  quantize,
  samples: [
    {
      name: 'linear',
      opset: 24,
      inputs: [waveInput([2, 1, 4, 2]), waveInput([2, 1, 2, 2], 2), indexInput([2], [0, 1])],
    },
  ],
});
