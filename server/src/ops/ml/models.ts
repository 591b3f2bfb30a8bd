import { type Attribute, floatList, int, ints, text } from '../../ir/attribute.ts';
import { type Dim, type Shape, unknownDim } from '../../ir/dim.ts';
import { tensor } from '../../ir/tensor.ts';
import { shapeOf, tensorType, type ValueType } from '../../ir/value-type.ts';
import { attribute, type Cost, type CostContext, defineOp } from '../define.ts';
import { waveInput } from '../shared/elementwise.ts';
import { elementOf } from '../shared/types.ts';

/** Classical models (`ai.onnx.ml`): typed, measured and run, but neither trained nor compressed. */
const aspects = {
  domain: 'ai.onnx.ml',
  gradient: { none: 'classical models are trained elsewhere' },
  channels: { none: 'features and classes keep their places' },
  quantize: { none: 'onnxruntime has no int8 kernels of ai.onnx.ml' },
} as const;

const post_transform = attribute.string(
  'What scores go through: NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT.',
  'NONE',
);
const kernel = {
  kernel_params: attribute.floats('gamma, coef0 and degree of the kernel.'),
  kernel_type: attribute.string('LINEAR, POLY, RBF or SIGMOID.', 'LINEAR'),
  coefficients: attribute.floats('Coefficients of the support vectors.'),
  support_vectors: attribute.floats('The support vectors, one behind the other.'),
  rho: attribute.floats('Offsets.'),
};
const words = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

/** Rows of a batch of features; one for a single row. */
function rows(x: ValueType | undefined): Dim {
  const shape: Shape | undefined = shapeOf(x);
  return !shape ? unknownDim : shape.length < 2 ? 1 : shape[0]!;
}

/** Label and scores of a classifier. */
const classified = (
  x: ValueType | undefined,
  labels: 'string' | 'int64',
  classes: Dim,
): readonly ValueType[] => [tensorType(labels, [rows(x)]), tensorType('float', [rows(x), classes])];

const weightCount = (values: readonly number[] | undefined) => values?.length ?? 0;

export const linearClassifier = defineOp({
  ...aspects,
  type: 'LinearClassifier',
  summary: 'The class with the highest linear score, and all scores.',
  inputs: ['X'],
  outputs: ['Y', 'Z'],
  attributes: {
    classlabels_ints: attribute.ints('Labels that are numbers.'),
    classlabels_strings: attribute.strings('Labels that are words.'),
    coefficients: attribute.floats('Weights, class by class.'),
    intercepts: attribute.floats('One offset a class.'),
    multi_class: attribute.int('1: one class against the rest.', 0),
    post_transform,
  },
  infer: ({ inputs: [x], attributes: a }) => {
    const classes = a.classlabels_strings?.length ?? a.classlabels_ints?.length ?? unknownDim;
    return classified(x, a.classlabels_strings ? 'string' : 'int64', classes);
  },
  cost: ({ outputs: [y], count, attributes }) => ({
    macs: count(y) * weightCount(attributes.coefficients),
    operations: 0,
  }),
  samples: [
    {
      name: 'three classes',
      inputs: [waveInput([4, 2])],
      outputs: 2,
      attributes: new Map<string, Attribute>([
        ['classlabels_ints', ints([0, 1, 2])],
        ['coefficients', floatList([1, -1, 0.5, 2, -1, 0.3])],
        ['intercepts', floatList([0.1, 0.2, 0.3])],
        ['post_transform', text('SOFTMAX')],
      ]),
    },
  ],
});

export const linearRegressor = defineOp({
  ...aspects,
  type: 'LinearRegressor',
  summary: 'A linear function of the features for every target.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    coefficients: attribute.floats('Weights, target by target.'),
    intercepts: attribute.floats('One offset a target.'),
    post_transform,
    targets: attribute.int('Number of targets.', 1),
  },
  infer: ({ inputs: [x], attributes: { targets } }) => [tensorType('float', [rows(x), targets])],
  cost: ({ outputs: [y], count, attributes }) => ({
    macs: (count(y) * weightCount(attributes.coefficients)) / Math.max(1, attributes.targets),
    operations: 0,
  }),
  samples: [
    {
      name: 'two targets',
      inputs: [waveInput([3, 2])],
      attributes: new Map<string, Attribute>([
        ['coefficients', floatList([1, -1, 0.5, 2])],
        ['intercepts', floatList([0.1, 0.2])],
        ['targets', int(2)],
      ]),
    },
  ],
});

/** One kernel evaluation a support vector and row. */
const svmCost = ({
  outputs: [y],
  dim,
  attributes,
}: CostContext<{ readonly support_vectors: readonly number[] | undefined }>) => ({
  macs: dim(y, 0) * weightCount(attributes.support_vectors),
  operations: 0,
});

export const svmClassifier = defineOp({
  ...aspects,
  type: 'SVMClassifier',
  summary: 'Support vector machine: the class, and scores or probabilities.',
  inputs: ['X'],
  outputs: ['Y', 'Z'],
  attributes: {
    ...kernel,
    classlabels_ints: attribute.ints('Labels that are numbers.'),
    classlabels_strings: attribute.strings('Labels that are words.'),
    post_transform,
    prob_a: attribute.floats('First coefficients of the probabilities.'),
    prob_b: attribute.floats('Second coefficients of the probabilities.'),
    vectors_per_class: attribute.ints('Support vectors of each class.'),
  },
  infer: ({ inputs: [x], attributes: a }) => {
    const classes = a.classlabels_strings?.length ?? a.classlabels_ints?.length;
    const labels = a.classlabels_strings ? 'string' : 'int64';
    // Without probabilities there is one score a pair of classes, or as many as there are classes.
    const known = classes !== undefined && (weightCount(a.prob_a) > 0 || classes === 3);
    return classified(x, labels, known ? classes : unknownDim);
  },
  cost: svmCost,
  samples: { none: 'a legal sample is a trained model, which is too large to state here' },
});

export const svmRegressor = defineOp({
  ...aspects,
  type: 'SVMRegressor',
  summary: 'Support vector machine for one number.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    ...kernel,
    n_supports: attribute.int('Number of support vectors.', 0),
    one_class: attribute.int('1: the sign alone, for outliers.', 0),
    post_transform,
  },
  infer: ({ inputs: [x] }) => [tensorType('float', [rows(x), 1])],
  cost: svmCost,
  samples: [
    {
      name: 'two vectors',
      inputs: [waveInput([3, 2])],
      attributes: new Map<string, Attribute>([
        ['kernel_type', text('RBF')],
        ['kernel_params', floatList([0.5, 0, 3])],
        ['coefficients', floatList([1, -0.5])],
        ['support_vectors', floatList([1, 0, 0, 1])],
        ['n_supports', int(2)],
        ['rho', floatList([0.1])],
      ]),
    },
  ],
});

const trees = {
  base_values: attribute.floats('Added to every score.'),
  base_values_as_tensor: attribute.tensor('Added to every score.'),
  nodes_falsenodeids: attribute.ints('Where a test that fails leads.'),
  nodes_featureids: attribute.ints('The feature that each node tests.'),
  nodes_hitrates: attribute.floats('How often each node is reached.'),
  nodes_hitrates_as_tensor: attribute.tensor('How often each node is reached.'),
  nodes_missing_value_tracks_true: attribute.ints('1: a missing value counts as a test that holds.'),
  nodes_modes: attribute.strings('Test of each node: BRANCH_LEQ, BRANCH_LT ... or LEAF.'),
  nodes_nodeids: attribute.ints('Number of each node in its tree.'),
  nodes_treeids: attribute.ints('Tree of each node.'),
  nodes_truenodeids: attribute.ints('Where a test that holds leads.'),
  nodes_values: attribute.floats('What each node compares with.'),
  nodes_values_as_tensor: attribute.tensor('What each node compares with.'),
};

/** A path through every tree, for every row: as many tests as a balanced tree of that size is deep. */
function treeCost(
  rowCount: number,
  nodes: readonly number[] | undefined,
  roots: readonly number[] | undefined,
): Cost {
  const count = new Set(roots).size || 1;
  const depth = Math.ceil(Math.log2((nodes?.length ?? 0) / count + 1));
  return { macs: 0, operations: rowCount * count * depth };
}

export const treeEnsembleClassifier = defineOp({
  ...aspects,
  type: 'TreeEnsembleClassifier',
  summary: 'Decision trees that vote for classes.',
  inputs: ['X'],
  outputs: ['Y', 'Z'],
  attributes: {
    ...trees,
    class_ids: attribute.ints('Class of each weight.'),
    class_nodeids: attribute.ints('Leaf of each weight.'),
    class_treeids: attribute.ints('Tree of each weight.'),
    class_weights: attribute.floats('The weights.'),
    class_weights_as_tensor: attribute.tensor('The weights.'),
    classlabels_int64s: attribute.ints('Labels that are numbers.'),
    classlabels_strings: attribute.strings('Labels that are words.'),
    post_transform,
  },
  infer: ({ inputs: [x], attributes: a }) => {
    const classes = a.classlabels_strings?.length ?? a.classlabels_int64s?.length ?? unknownDim;
    return classified(x, a.classlabels_strings ? 'string' : 'int64', classes);
  },
  cost: ({ outputs: [y], dim, attributes: a }) => treeCost(dim(y, 0), a.nodes_nodeids, a.nodes_treeids),
  samples: [
    {
      name: 'one stump',
      inputs: [waveInput([4, 2])],
      outputs: 2,
      attributes: new Map<string, Attribute>([
        ['nodes_treeids', ints([0, 0, 0])],
        ['nodes_nodeids', ints([0, 1, 2])],
        ['nodes_featureids', ints([1, 0, 0])],
        ['nodes_values', floatList([0.2, 0, 0])],
        ['nodes_modes', words(['BRANCH_LEQ', 'LEAF', 'LEAF'])],
        ['nodes_truenodeids', ints([1, 0, 0])],
        ['nodes_falsenodeids', ints([2, 0, 0])],
        ['class_treeids', ints([0, 0, 0])],
        ['class_nodeids', ints([1, 2, 2])],
        ['class_ids', ints([0, 1, 2])],
        ['class_weights', floatList([1, 0.7, 0.3])],
        ['classlabels_int64s', ints([0, 1, 2])],
        ['post_transform', text('NONE')],
      ]),
    },
  ],
});

export const treeEnsembleRegressor = defineOp({
  ...aspects,
  type: 'TreeEnsembleRegressor',
  summary: 'Decision trees whose leaves are added up (or averaged, or the least or largest taken).',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    ...trees,
    aggregate_function: attribute.string('SUM, AVERAGE, MIN or MAX.', 'SUM'),
    n_targets: attribute.int('Number of targets.', 1),
    post_transform,
    target_ids: attribute.ints('Target of each weight.'),
    target_nodeids: attribute.ints('Leaf of each weight.'),
    target_treeids: attribute.ints('Tree of each weight.'),
    target_weights: attribute.floats('The weights.'),
    target_weights_as_tensor: attribute.tensor('The weights.'),
  },
  infer: ({ inputs: [x], attributes: { n_targets } }) => [tensorType('float', [rows(x), n_targets])],
  cost: ({ outputs: [y], dim, attributes: a }) => treeCost(dim(y, 0), a.nodes_nodeids, a.nodes_treeids),
  samples: [
    {
      name: 'one stump',
      inputs: [waveInput([4, 2])],
      attributes: new Map<string, Attribute>([
        ['nodes_treeids', ints([0, 0, 0])],
        ['nodes_nodeids', ints([0, 1, 2])],
        ['nodes_featureids', ints([0, 0, 0])],
        ['nodes_values', floatList([0.1, 0, 0])],
        ['nodes_modes', words(['BRANCH_LEQ', 'LEAF', 'LEAF'])],
        ['nodes_truenodeids', ints([1, 0, 0])],
        ['nodes_falsenodeids', ints([2, 0, 0])],
        ['target_treeids', ints([0, 0])],
        ['target_nodeids', ints([1, 2])],
        ['target_ids', ints([0, 0])],
        ['target_weights', floatList([1.5, -2])],
        ['n_targets', int(1)],
      ]),
    },
  ],
});

export const treeEnsemble = defineOp({
  ...aspects,
  type: 'TreeEnsemble',
  summary: 'Decision trees with numbers or sets at their nodes, whose leaves are added up.',
  inputs: ['X'],
  outputs: ['Y'],
  attributes: {
    aggregate_function: attribute.int('0 average, 1 sum, 2 least, 3 largest.', 1),
    leaf_targetids: attribute.ints('Target of each leaf.'),
    leaf_weights: attribute.tensor('Weight of each leaf.'),
    membership_values: attribute.tensor('Members of the sets that nodes test, NaN behind each set.'),
    n_targets: attribute.int('Number of targets.'),
    nodes_falseleafs: attribute.ints('1: a test that fails leads to a leaf.'),
    nodes_falsenodeids: attribute.ints('Where a test that fails leads.'),
    nodes_featureids: attribute.ints('The feature that each node tests.'),
    nodes_hitrates: attribute.tensor('How often each node is reached.'),
    nodes_missing_value_tracks_true: attribute.ints('1: a missing value counts as a test that holds.'),
    nodes_modes: attribute.tensor('Test of each node: 0 <=, 1 <, 2 >=, 3 >, 4 ==, 5 !=, 6 member.'),
    nodes_splits: attribute.tensor('What each node compares with.'),
    nodes_trueleafs: attribute.ints('1: a test that holds leads to a leaf.'),
    nodes_truenodeids: attribute.ints('Where a test that holds leads.'),
    post_transform: attribute.int('0 none, 1 softmax, 2 logistic, 3 softmax zero, 4 probit.', 0),
    tree_roots: attribute.ints('First node of each tree.'),
  },
  infer: ({ inputs: [x], attributes: { n_targets } }) => [
    tensorType(elementOf(x) ?? 'float', [rows(x), n_targets ?? unknownDim]),
  ],
  cost: ({ outputs: [y], dim, attributes: a }) => treeCost(dim(y, 0), a.nodes_featureids, a.tree_roots),
  samples: [
    {
      name: 'one stump',
      opset: 5,
      inputs: [waveInput([4, 2])],
      attributes: new Map<string, Attribute>([
        ['aggregate_function', int(1)],
        ['leaf_targetids', ints([0, 1])],
        ['leaf_weights', { kind: 'tensor', value: tensor('weights', 'float', [2], [1.5, -2]) }],
        ['n_targets', int(2)],
        ['nodes_falseleafs', ints([1])],
        ['nodes_falsenodeids', ints([1])],
        ['nodes_featureids', ints([0])],
        ['nodes_modes', { kind: 'tensor', value: tensor('modes', 'uint8', [1], [0]) }],
        ['nodes_splits', { kind: 'tensor', value: tensor('splits', 'float', [1], [0.1]) }],
        ['nodes_trueleafs', ints([1])],
        ['nodes_truenodeids', ints([0])],
        ['post_transform', int(0)],
        ['tree_roots', ints([0])],
      ]),
    },
  ],
});
