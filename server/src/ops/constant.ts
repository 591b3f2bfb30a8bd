import { int, ints, tensorValue } from '../ir/attribute.ts';
import type { DataType } from '../ir/data-type.ts';
import { addDims, ceilDivDim, type Dim, lowerBound, maxDims, mulDims, subDims } from '../ir/dim.ts';
import type { SparseTensor } from '../ir/tensor.ts';
import { numbers, sizeOf, tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { plainInts, unknownShape } from './shared/axes.ts';
import { intInput, intsInput, scalarInput } from './shared/samples.ts';
import { elementOf, mostInts, withInts } from './shared/types.ts';

const noGradient = { none: 'its output depends on no differentiable input' };
const noChannels = { none: 'its output is no feature map' };
const noQuantize = { none: 'it makes a constant, which is quantized as one' };

interface Given {
  readonly kind: string;
  readonly value: SparseTensor;
}

export const constant = defineOp({
  type: 'Constant',
  summary: 'A constant tensor, stored in the node.',
  inputs: [],
  outputs: ['output'],
  attributes: {
    value: attribute.tensor('The constant.'),
    value_int: attribute.int('The constant as one int64.'),
    value_ints: attribute.ints('The constant as a list of int64.'),
    value_float: attribute.float('The constant as one float.'),
    value_floats: attribute.floats('The constant as a list of floats.'),
    value_string: attribute.string('The constant as one string.'),
    value_strings: attribute.strings('The constant as a list of strings.'),
    sparse_value: {
      kind: 'any',
      default: undefined as Given | undefined,
      doc: 'The constant as a sparse tensor.',
    },
  },
  infer: ({ attributes: a }) => {
    const list = (type: DataType, count: number | undefined) =>
      tensorType(type, count === undefined ? [] : [count]);
    if (a.value) {
      const { type, dims } = a.value;
      const readable =
        (type === 'int64' || type === 'int32' || type === 'bool') && sizeOf(a.value) <= mostInts;
      return [withInts(tensorType(type, dims), readable ? numbers(a.value) : undefined)];
    }
    if (a.value_int !== undefined) return [withInts(list('int64', undefined), [a.value_int])];
    if (a.value_ints) return [withInts(list('int64', a.value_ints.length), a.value_ints)];
    if (a.value_float !== undefined) return [withInts(list('float', undefined), [a.value_float])];
    if (a.value_floats) return [withInts(list('float', a.value_floats.length), a.value_floats)];
    if (a.value_string !== undefined) return [list('string', undefined)];
    if (a.value_strings) return [list('string', a.value_strings.length)];
    if (a.sparse_value?.kind === 'sparse') {
      const { values, dims } = a.sparse_value.value;
      return [tensorType(values.type, dims)];
    }
    return [];
  },
  cost: free,
  gradient: noGradient,
  channels: noChannels,
  quantize: noQuantize,
  samples: [
    {
      name: 'tensor',
      inputs: [],
      attributes: new Map([['value', tensorValue(tensor('value', 'float', [2, 2], [1, -2, 3, 4]))]]),
    },
    { name: 'integers', inputs: [], attributes: new Map([['value_ints', ints([3, -1, 7])]]) },
    { name: 'one integer', inputs: [], attributes: new Map([['value_int', int(5)]]) },
  ],
});

export const constantOfShape = defineOp({
  type: 'ConstantOfShape',
  summary: 'A tensor of the given shape, every element the same value.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { value: attribute.tensor('One element: value and type of the output; float 0 by default.') },
  infer: ({ inputs: [shape], ints: known, attributes: { value } }) => {
    const type = value?.type ?? 'float';
    const dims = known(0);
    if (!dims) {
      const rank = shape?.kind === 'tensor' ? shape.shape?.[0] : undefined;
      return [tensorType(type, typeof rank === 'number' ? unknownShape(rank) : undefined)];
    }
    const sizes = plainInts(dims);
    const count = sizes?.reduce((a, b) => a * b, 1) ?? Number.POSITIVE_INFINITY;
    const element = value ? (type.includes('int') || type === 'bool' ? numbers(value)[0] : undefined) : 0;
    const few = count >= 0 && count <= mostInts && element !== undefined;
    return [withInts(tensorType(type, dims), few ? Array.from({ length: count }, () => element) : undefined)];
  },
  cost: free,
  gradient: noGradient,
  channels: noChannels,
  quantize: noQuantize,
  samples: [
    { name: 'zeros', inputs: [intsInput([2, 3])] },
    {
      name: 'ones',
      inputs: [intsInput([4])],
      attributes: new Map([['value', tensorValue(tensor('value', 'int64', [1], [1]))]]),
    },
    { name: 'scalar', inputs: [intsInput([])] },
  ],
});

export const range = defineOp({
  type: 'Range',
  summary: 'The numbers from start up to limit, limit excluded, in steps of delta.',
  inputs: ['start', 'limit', 'delta'],
  outputs: ['output'],
  attributes: {
    stash_type: attribute.int('Element type in which steps of low precision are computed.', 1),
  },
  infer: ({ inputs: [start], ints: known, fail }) => {
    const type = elementOf(start);
    if (!type) return [];
    const [from, to, step] = [known(0)?.[0], known(1)?.[0], known(2)?.[0]];
    if (from === undefined || to === undefined || step === undefined) return [tensorType(type, ['?'])];
    if (step === 0) fail('delta is 0');
    const count = rangeCount(from, to, step);
    const listed = typeof count === 'number' && count <= mostInts && type.startsWith('int');
    return [
      withInts(
        tensorType(type, [count]),
        listed ? Array.from({ length: count }, (_, i) => addDims(from, mulDims(step, i))) : undefined,
      ),
    ];
  },
  cost: free,
  gradient: { none: 'the number of its elements depends on its inputs' },
  channels: noChannels,
  quantize: { none: 'it makes indices' },
  samples: [
    { name: 'up', inputs: [intInput(2), intInput(11), intInput(3)] },
    { name: 'down', inputs: [intInput(5), intInput(-4), intInput(-2)] },
    { name: 'empty', inputs: [intInput(5), intInput(1), intInput(1)] },
    { name: 'floats', inputs: [scalarInput(0.5), scalarInput(2.1), scalarInput(0.5)] },
  ],
});

function rangeCount(from: Dim, to: Dim, step: Dim): Dim {
  if (typeof from === 'number' && typeof to === 'number' && typeof step === 'number')
    return Math.max(Math.ceil((to - from) / step), 0);
  if (step === '?' || (lowerBound(step) ?? 0) < 1) return step === -1 ? maxDims(subDims(from, to), 0) : '?';
  return maxDims(ceilDivDim(subDims(to, from), step), 0);
}
