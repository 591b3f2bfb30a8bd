import { dataTypeOf } from '../ir/data-type.ts';
import { type Dim, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { elementOf } from './shared/types.ts';
import { unify } from './shared/unify.ts';

/** Samples are tensors in and out; sequences are checked in whole graphs, see `sequences.test.ts`. */
const aspects = {
  cost: free,
  gradient: { none: 'training wants tensors: a sequence has no gradient of its own' },
  channels: { none: 'channels are not followed through sequences' },
  quantize: { none: 'onnxruntime quantizes no sequences' },
  samples: { none: 'sequences do not pass the JavaScript interface of onnxruntime' },
} as const;

const sequence = (element: ValueType | undefined): ValueType => ({ kind: 'sequence', element });
const elementOfSequence = (type: ValueType | undefined): ValueType | undefined =>
  type?.kind === 'sequence' ? type.element : undefined;

export const sequenceConstruct = defineOp({
  ...aspects,
  type: 'SequenceConstruct',
  summary: 'A sequence of the given tensors, which have one element type.',
  inputs: ['inputs*'],
  outputs: ['output_sequence'],
  attributes: {},
  infer: ({ inputs, fail }) => {
    const types = new Set(inputs.flatMap((type) => elementOf(type) ?? []));
    if (types.size > 1) fail(`element types ${[...types].join(' and ')} in one sequence`);
    return [sequence(inputs.length > 0 ? inputs.reduce(unify) : undefined)];
  },
});

export const sequenceEmpty = defineOp({
  ...aspects,
  type: 'SequenceEmpty',
  summary: 'A sequence without tensors.',
  inputs: [],
  outputs: ['output'],
  attributes: { dtype: attribute.int('Number of the element type.', 1) },
  infer: ({ attributes: { dtype } }) => [sequence(tensorType(dataTypeOf(dtype)))],
});

export const sequenceAt = defineOp({
  ...aspects,
  type: 'SequenceAt',
  summary: 'The tensor at a position; negative ones count from the end.',
  inputs: ['input_sequence', 'position'],
  outputs: ['tensor'],
  attributes: {},
  infer: ({ inputs: [list] }) => [elementOfSequence(list)],
});

export const sequenceErase = defineOp({
  ...aspects,
  type: 'SequenceErase',
  summary: 'The sequence without the tensor at a position, the last one by default.',
  inputs: ['input_sequence', 'position?'],
  outputs: ['output_sequence'],
  attributes: {},
  infer: ({ inputs: [list] }) => [list],
});

export const sequenceInsert = defineOp({
  ...aspects,
  type: 'SequenceInsert',
  summary: 'The sequence with a tensor put in at a position, at the end by default.',
  inputs: ['input_sequence', 'tensor', 'position?'],
  outputs: ['output_sequence'],
  attributes: {},
  infer: ({ inputs: [list, tensor], fail }) => {
    const element = elementOfSequence(list);
    const [has, gets] = [elementOf(element), elementOf(tensor)];
    if (has && gets && has !== gets) fail(`a tensor of ${gets} for a sequence of ${has}`);
    // What starts empty has no shape of its own.
    return [sequence(unify(element, tensor))];
  },
});

export const sequenceLength = defineOp({
  ...aspects,
  type: 'SequenceLength',
  summary: 'The number of tensors in a sequence.',
  inputs: ['input_sequence'],
  outputs: ['length'],
  attributes: {},
  infer: () => [tensorType('int64', [])],
});

export const sequenceMap = defineOp({
  ...aspects,
  type: 'SequenceMap',
  summary: 'Runs a body for every element of the sequences; tensors go into each run as they are.',
  inputs: ['input_sequence', 'additional_inputs*'],
  outputs: ['out_sequence*'],
  attributes: { body: attribute.graph('Elements -> elements of the output sequences.') },
  infer: ({ inputs, attributes: { body }, inferBody }) =>
    body
      ? inferBody(
          body,
          inputs.map((type) => (type?.kind === 'sequence' ? type.element : type)),
        ).map(sequence)
      : [],
});

export const splitToSequence = defineOp({
  ...aspects,
  type: 'SplitToSequence',
  summary: 'Cuts a tensor along an axis into a sequence: parts of the given size or sizes, or single slices.',
  inputs: ['input', 'split?'],
  outputs: ['output_sequence'],
  attributes: {
    axis: attribute.int('The axis to cut.', 0),
    keepdims: attribute.int('0: single slices lose the axis.', 1),
  },
  infer: ({ inputs: [x, sizes], attributes, ints, given, fail }) => {
    const type = elementOf(x);
    const shape = shapeOf(x);
    if (!type) return [];
    if (!shape) return [sequence(tensorType(type))];
    const axis = normalizeAxis(attributes.axis, shape.length, fail);
    const withAxis = (size: Dim) =>
      tensorType(
        type,
        shape.map((dim, i) => (i === axis ? size : dim)),
      );
    if (!given(1)) {
      const slice = tensorType(
        type,
        shape.filter((_, i) => i !== axis),
      );
      return [sequence(attributes.keepdims === 0 ? slice : withAxis(1))];
    }
    const parts = ints(1);
    const one = shapeOf(sizes)?.length === 0;
    if (!parts || parts.length === 0) return [sequence(withAxis(unknownDim))];
    const total = shape[axis]!;
    // One size for all parts: the last one is smaller unless it divides the axis.
    const [size] = parts;
    if (one)
      return [
        sequence(
          withAxis(
            typeof total === 'number' && typeof size === 'number' && total % size === 0 ? size : unknownDim,
          ),
        ),
      ];
    return [sequence(parts.map((part): ValueType | undefined => withAxis(part)).reduce(unify))];
  },
});

export const concatFromSequence = defineOp({
  ...aspects,
  type: 'ConcatFromSequence',
  summary: 'Joins the tensors of a sequence along an axis, or stacks them along a new one.',
  inputs: ['input_sequence'],
  outputs: ['concat_result'],
  attributes: {
    axis: attribute.int('The axis to join or to make.', 0),
    new_axis: attribute.int('1: stack along a new axis.', 0),
  },
  infer: ({ inputs: [list], attributes, fail }) => {
    const element = elementOfSequence(list);
    const type = elementOf(element);
    const shape = shapeOf(element);
    if (!type) return [];
    if (!shape) return [tensorType(type)];
    const axis = normalizeAxis(attributes.axis, shape.length + (attributes.new_axis !== 0 ? 1 : 0), fail);
    if (attributes.new_axis === 0)
      return [
        tensorType(
          type,
          shape.map((dim, i) => (i === axis ? unknownDim : dim)),
        ),
      ];
    return [tensorType(type, [...shape.slice(0, axis), unknownDim, ...shape.slice(axis)])];
  },
});

const optionalAspects = {
  ...aspects,
  gradient: { none: 'training wants values that are always there' },
  channels: { none: 'channels are not followed through optional values' },
} as const;

interface StatedType {
  readonly kind: string;
  readonly value: ValueType;
}

export const optional = defineOp({
  ...optionalAspects,
  type: 'Optional',
  summary: 'An optional value that holds the input, or nothing of the stated type.',
  inputs: ['input?'],
  outputs: ['output'],
  attributes: {
    type: {
      kind: 'any',
      default: undefined as StatedType | undefined,
      doc: 'Type of the element, when there is no input.',
    },
  },
  infer: ({ inputs: [x], given, attributes: { type } }) => [
    { kind: 'optional', element: given(0) ? x : type?.kind === 'type' ? type.value : undefined },
  ],
});

export const optionalHasElement = defineOp({
  ...optionalAspects,
  type: 'OptionalHasElement',
  summary: 'True when the optional value holds something.',
  inputs: ['input?'],
  outputs: ['output'],
  attributes: {},
  infer: ({ inputs: [x], given }) => [
    !given(0) || (x && x.kind !== 'optional')
      ? { type: tensorType('bool', []), ints: [given(0) ? 1 : 0] }
      : tensorType('bool', []),
  ],
});

export const optionalGetElement = defineOp({
  ...optionalAspects,
  type: 'OptionalGetElement',
  summary: 'What the optional value holds.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: {},
  infer: ({ inputs: [x] }) => [x?.kind === 'optional' ? x.element : x],
});
