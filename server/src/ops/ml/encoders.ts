import { type Attribute, float, floatList, ints, text } from '../../ir/attribute.ts';
import type { DataType } from '../../ir/data-type.ts';
import { addDims, type Dim, elementCount, unknownDim } from '../../ir/dim.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import { attribute, defineOp, perElement, perInput } from '../define.ts';
import { waveInput } from '../shared/elementwise.ts';
import { indexInput } from '../shared/samples.ts';
import { elementOf, tensorOf } from '../shared/types.ts';

/** Preparation of features (`ai.onnx.ml`): typed, measured and run, but neither trained nor compressed. */
const aspects = {
  domain: 'ai.onnx.ml',
  gradient: { none: 'features are prepared before training' },
  channels: { none: 'features keep their places' },
  quantize: { none: 'onnxruntime has no int8 kernels of ai.onnx.ml' },
} as const;

const words = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

export const arrayFeatureExtractor = defineOp({
  ...aspects,
  type: 'ArrayFeatureExtractor',
  summary: 'Picks the named columns.',
  inputs: ['X', 'Y'],
  outputs: ['Z'],
  attributes: {},
  infer: ({ inputs: [x, picks] }) => {
    const [shape, list] = [shapeOf(x), shapeOf(picks)];
    const count: Dim = list ? elementCount(list) : unknownDim;
    const rows = shape && (shape.length === 1 ? [1] : shape.slice(0, -1));
    return [tensorOf(elementOf(x), rows && [...rows, count])];
  },
  cost: perElement(0),
  samples: [{ name: 'two columns', inputs: [waveInput([3, 4]), indexInput([2], [3, 0])] }],
});

export const binarizer = defineOp({
  ...aspects,
  type: 'Binarizer',
  summary: '1 above the threshold, 0 up to it.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: { threshold: attribute.float('The threshold.', 0) },
  infer: ({ inputs: [x] }) => [x],
  cost: perElement(),
  samples: [{ name: 'half', inputs: [waveInput([2, 3])], attributes: new Map([['threshold', float(0.5)]]) }],
});

export const scaler = defineOp({
  ...aspects,
  type: 'Scaler',
  summary: '(x - offset) * scale, feature by feature.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    offset: attribute.floats('One offset, or one a feature.'),
    scale: attribute.floats('One scale, or one a feature.'),
  },
  infer: ({ inputs: [x] }) => [tensorOf('float', shapeOf(x))],
  cost: perElement(2),
  samples: [
    {
      name: 'two features',
      inputs: [waveInput([3, 2])],
      attributes: new Map([
        ['offset', floatList([0.5, -1])],
        ['scale', floatList([2, 0.5])],
      ]),
    },
  ],
});

export const normalizer = defineOp({
  ...aspects,
  type: 'Normalizer',
  summary: 'Divides every row by its norm: MAX, L1 or L2.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: { norm: attribute.string('MAX, L1 or L2.', 'MAX') },
  infer: ({ inputs: [x] }) => [tensorOf('float', shapeOf(x))],
  cost: perElement(2),
  samples: [{ name: 'L2', inputs: [waveInput([2, 3])], attributes: new Map([['norm', text('L2')]]) }],
});

export const imputer = defineOp({
  ...aspects,
  type: 'Imputer',
  summary: 'Replaces one value, such as NaN, by a given one.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    imputed_value_floats: attribute.floats('New values, one or one a feature.'),
    imputed_value_int64s: attribute.ints('New values of integers.'),
    replaced_value_float: attribute.float('The value to replace.', 0),
    replaced_value_int64: attribute.int('The integer to replace.', 0),
  },
  infer: ({ inputs: [x] }) => [x],
  cost: perElement(),
  samples: [
    {
      name: 'zeros',
      inputs: [{ type: 'float', shape: [1, 3], values: [0, 1, 2] }],
      attributes: new Map<string, Attribute>([
        ['imputed_value_floats', floatList([9, 8, 7])],
        ['replaced_value_float', float(0)],
      ]),
    },
  ],
});

export const oneHotEncoder = defineOp({
  ...aspects,
  type: 'OneHotEncoder',
  summary: 'A new last axis with one place a category.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    cats_int64s: attribute.ints('Categories that are numbers.'),
    cats_strings: attribute.strings('Categories that are words.'),
    zeros: attribute.int('1: an unknown category gives zeros; 0: it is an error.', 1),
  },
  infer: ({ inputs: [x], attributes }) => {
    const shape = shapeOf(x);
    const size = attributes.cats_int64s?.length ?? attributes.cats_strings?.length ?? unknownDim;
    return [tensorOf('float', shape && [...shape, size])];
  },
  cost: perElement(),
  samples: [
    {
      name: 'numbers',
      inputs: [indexInput([3], [7, 5, 9])],
      attributes: new Map([['cats_int64s', ints([5, 7])]]),
    },
  ],
});

/** The type of the values that a LabelEncoder of any version gives. */
function encodedType(attributes: {
  readonly values_tensor: { readonly type: DataType } | undefined;
  readonly values_strings: unknown;
  readonly values_int64s: unknown;
  readonly values_floats: unknown;
}): DataType | undefined {
  if (attributes.values_tensor) return attributes.values_tensor.type;
  if (attributes.values_strings) return 'string';
  if (attributes.values_int64s) return 'int64';
  return attributes.values_floats ? 'float' : undefined;
}

export const labelEncoder = defineOp({
  ...aspects,
  type: 'LabelEncoder',
  summary: 'Maps every key to its value.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    classes_strings: attribute.strings('Labels by number, in version 1.'),
    default_float: attribute.float('Value for an unknown key.', 0),
    default_int64: attribute.int('Value for an unknown key.', -1),
    default_string: attribute.string('Value for an unknown key.', '_Unused'),
    default_tensor: attribute.tensor('Value for an unknown key.'),
    keys_floats: attribute.floats('Keys.'),
    keys_int64s: attribute.ints('Keys.'),
    keys_strings: attribute.strings('Keys.'),
    keys_tensor: attribute.tensor('Keys.'),
    values_floats: attribute.floats('Values, in the order of the keys.'),
    values_int64s: attribute.ints('Values, in the order of the keys.'),
    values_strings: attribute.strings('Values, in the order of the keys.'),
    values_tensor: attribute.tensor('Values, in the order of the keys.'),
  },
  infer: ({ inputs: [x], attributes }) => {
    const between = elementOf(x) === 'string' ? 'int64' : 'string';
    return [tensorOf(attributes.classes_strings ? between : encodedType(attributes), shapeOf(x))];
  },
  cost: perElement(2),
  samples: [
    {
      name: 'numbers to numbers',
      inputs: [indexInput([3], [4, 9, 2])],
      attributes: new Map<string, Attribute>([
        ['keys_int64s', ints([2, 4])],
        ['values_floats', floatList([0.5, 1.5])],
        ['default_float', float(-1)],
      ]),
    },
  ],
});

export const categoryMapper = defineOp({
  ...aspects,
  type: 'CategoryMapper',
  summary: 'Maps words to numbers or numbers to words.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    cats_int64s: attribute.ints('The numbers.'),
    cats_strings: attribute.strings('The words.'),
    default_int64: attribute.int('Number for an unknown word.', -1),
    default_string: attribute.string('Word for an unknown number.', '_Unused'),
  },
  infer: ({ inputs: [x] }) => {
    const type = elementOf(x);
    return [tensorOf(type && (type === 'string' ? 'int64' : 'string'), shapeOf(x))];
  },
  cost: perElement(2),
  samples: [
    {
      name: 'words to numbers',
      inputs: [{ type: 'string', shape: [3], values: ['cat', 'cow', 'dog'] }],
      attributes: new Map<string, Attribute>([
        ['cats_int64s', ints([1, 2])],
        ['cats_strings', words(['cat', 'dog'])],
      ]),
    },
  ],
});

export const featureVectorizer = defineOp({
  ...aspects,
  type: 'FeatureVectorizer',
  summary: 'Joins the features of all inputs, row by row.',
  inputs: ['X*'],
  outputs: ['Y'],
  attributes: { inputdimensions: attribute.ints('Features of each input.') },
  infer: ({ inputs, attributes: { inputdimensions } }) => {
    const shapes = inputs.map(shapeOf);
    const [first] = shapes;
    const rows: Dim = !first ? unknownDim : first.length === 1 ? 1 : first[0]!;
    const columns =
      inputdimensions?.reduce((a, b) => a + b, 0) ??
      shapes.map((shape): Dim => shape?.at(-1) ?? unknownDim).reduce(addDims, 0);
    return [tensorType('float', [rows, columns])];
  },
  cost: perElement(),
  samples: [
    {
      name: 'two inputs',
      inputs: [waveInput([2, 3]), waveInput([2, 1])],
      attributes: new Map([['inputdimensions', ints([3, 1])]]),
    },
  ],
});

export const dictVectorizer = defineOp({
  ...aspects,
  type: 'DictVectorizer',
  summary: 'The values of a map in the order of the vocabulary, 0 for keys that it lacks.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    int64_vocabulary: attribute.ints('Keys that are numbers.'),
    string_vocabulary: attribute.strings('Keys that are words.'),
  },
  infer: ({ inputs: [x], attributes }) => {
    const size = attributes.int64_vocabulary?.length ?? attributes.string_vocabulary?.length ?? unknownDim;
    return [tensorOf(x?.kind === 'map' ? elementOf(x.value) : undefined, [1, size])];
  },
  cost: perElement(),
  // Maps cannot be passed to onnxruntime from JavaScript.
  samples: { none: 'maps do not pass the JavaScript interface of onnxruntime' },
});

export const castMap = defineOp({
  ...aspects,
  type: 'CastMap',
  summary: 'The values of a map as a tensor, in the order of the keys.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    cast_to: attribute.string('TO_FLOAT, TO_STRING or TO_INT64.', 'TO_FLOAT'),
    map_form: attribute.string('DENSE, or SPARSE with zeros for keys that are missing.', 'DENSE'),
    max_map: attribute.int('Size of a sparse result.', 1),
  },
  infer: ({ attributes: { cast_to, map_form, max_map } }) => {
    const type = cast_to === 'TO_STRING' ? 'string' : cast_to === 'TO_INT64' ? 'int64' : 'float';
    return [tensorType(type, [1, map_form === 'SPARSE' ? max_map : unknownDim])];
  },
  cost: perElement(),
  // Maps cannot be passed to onnxruntime from JavaScript.
  samples: { none: 'maps do not pass the JavaScript interface of onnxruntime' },
});

export const zipMap = defineOp({
  ...aspects,
  type: 'ZipMap',
  summary: 'Rows of scores as a sequence of maps from class label to score.',
  inputs: ['X'],
  outputs: ['Z'],
  attributes: {
    classlabels_int64s: attribute.ints('Labels that are numbers.'),
    classlabels_strings: attribute.strings('Labels that are words.'),
  },
  infer: ({ attributes: { classlabels_strings } }) => [
    {
      kind: 'sequence',
      element: {
        kind: 'map',
        key: classlabels_strings ? 'string' : 'int64',
        value: tensorType('float', []),
      },
    },
  ],
  cost: perInput(),
  // Sequences of maps cannot be fetched from onnxruntime in JavaScript.
  samples: { none: 'maps do not pass the JavaScript interface of onnxruntime' },
});
