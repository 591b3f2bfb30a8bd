import { type Attribute, int, ints } from '../../ir/attribute.ts';
import { addDims, type Dim, exactDiv, mulDims, type Shape, unknownDim } from '../../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../../ir/value-type.ts';
import { attribute, type CostContext, defineOp, type None, type Operator } from '../define.ts';
import { sameAsInput, waveInput } from '../shared/elementwise.ts';
import { bytes, constant } from '../shared/quantized.ts';

const domain = 'com.microsoft';
const fusedForm: None = {
  none: 'it is a fused form of the runtime: compress or train the model from before it was optimized for inference',
};
const aspects = { gradient: fusedForm, channels: fusedForm, quantize: fusedForm } as const;

const quotient = (a: Dim | undefined, b: number): Dim =>
  (a === undefined ? undefined : exactDiv(a, b)) ?? unknownDim;
const typeOf = (type: ValueType | undefined) => (type?.kind === 'tensor' ? type.type : 'float');

const heads = attribute.int('Number of heads.', 1);
const scale = attribute.float('Factor of the scores; 1 / sqrt(head size) by default.');
const unidirectional = attribute.int('1: no position sees later ones.', 0);
const maskValue = attribute.float('Added to masked scores.', -10000);

/** Multiplications of the projections and of the two products with the scores. */
function attentionCost({ inputs: [x, weights], outputs: [y], count, dim }: CostContext): {
  readonly macs: number;
  readonly operations: number;
} {
  const rows = dim(x, 0) * dim(x, 1);
  return { macs: rows * count(weights) + 2 * count(y) * dim(x, 1), operations: 0 };
}

/** Output [B, S, hidden] and present [2, B, heads, total, head size] of attention whose weights are joined. */
function joinedAttention(
  input: ValueType | undefined,
  weights: ValueType | undefined,
  past: ValueType | undefined,
  { num_heads, sizes }: { readonly num_heads: number; readonly sizes?: readonly number[] | undefined },
): readonly ValueType[] {
  const shape = shapeOf(input);
  const hidden = sizes?.[2] ?? quotient(shapeOf(weights)?.[1], 3);
  const [batch, length] = [shape?.[0] ?? unknownDim, shape?.[1] ?? unknownDim];
  const total = past ? addDims(length, shapeOf(past)?.[3] ?? unknownDim) : length;
  return [
    tensorType('float', [batch, length, hidden]),
    tensorType('float', [2, batch, num_heads, total, quotient(hidden, num_heads)]),
  ];
}

/** Hidden size of a value that is [B, L, hidden] or [B, heads, L, head size]. */
const hiddenOf = (shape: Shape | undefined): Dim =>
  shape?.length === 3 ? shape[2]! : shape?.length === 4 ? mulDims(shape[1]!, shape[3]!) : unknownDim;
const lengthOf = (shape: Shape | undefined): Dim =>
  shape?.length === 3 ? shape[1]! : shape?.length === 4 ? shape[2]! : unknownDim;

/** Attention as ONNX Runtime fuses it. */
export const microsoftAttention: readonly Operator[] = [
  defineOp({
    type: 'Attention',
    domain,
    summary: 'Self-attention with the projections of query, key and value joined in one matrix.',
    inputs: ['input', 'weights', 'bias?', 'mask_index?', 'past?', 'attention_bias?', 'past_sequence_length?'],
    outputs: ['output', 'present?'],
    attributes: {
      num_heads: heads,
      qkv_hidden_sizes: attribute.ints(
        'Hidden sizes of query, key and value; a third of the columns each by default.',
      ),
      do_rotary: attribute.int('1 turns queries and keys by their positions.', 0),
      mask_filter_value: maskValue,
      past_present_share_buffer: attribute.int('1: past and present are one buffer.', 0),
      rotary_embedding_dim: attribute.int('Number of features that turn.', 0),
      scale,
      unidirectional,
    },
    infer: ({ inputs: [x, weights, , , past], attributes: { num_heads, qkv_hidden_sizes } }) => {
      const [output, present] = joinedAttention(x, weights, past, { num_heads, sizes: qkv_hidden_sizes });
      return [output && ({ ...output, type: typeOf(x) } as ValueType), present];
    },
    cost: (context) => attentionCost(context as CostContext),
    ...aspects,
    samples: [
      {
        name: 'two heads',
        inputs: [waveInput([2, 3, 4]), waveInput([4, 12]), waveInput([12])],
        attributes: new Map([['num_heads', int(2)]]),
      },
      {
        name: 'sizes of their own',
        inputs: [waveInput([2, 3, 4]), waveInput([4, 14]), waveInput([14])],
        attributes: new Map<string, Attribute>([
          ['num_heads', int(2)],
          ['qkv_hidden_sizes', ints([4, 4, 6])],
        ]),
      },
    ],
  }),
  defineOp({
    type: 'QAttention',
    domain,
    summary: 'Self-attention of a quantized input with quantized joined weights.',
    inputs: [
      'input',
      'weight',
      'bias',
      'input_scale',
      'weight_scale',
      'mask_index?',
      'input_zero_point?',
      'weight_zero_point?',
      'past?',
    ],
    outputs: ['output', 'present?'],
    attributes: {
      num_heads: heads,
      do_rotary: attribute.int('1 turns queries and keys by their positions.', 0),
      mask_filter_value: maskValue,
      past_present_share_buffer: attribute.int('1: past and present are one buffer.', 0),
      scale,
      unidirectional,
    },
    infer: ({ inputs: [x, weights, , , , , , , past], attributes: { num_heads } }) =>
      joinedAttention(x, weights, past, { num_heads }),
    cost: (context) => attentionCost(context as CostContext),
    ...aspects,
    samples: [
      {
        name: 'two heads',
        inputs: [
          bytes('uint8', [1, 3, 4]),
          { ...bytes('int8', [4, 12]), constant: true },
          waveInput([12]),
          constant('float', 0.01),
          constant('float', 0.01),
          undefined,
          constant('uint8', 128),
          constant('int8', 0),
        ],
        attributes: new Map([['num_heads', int(2)]]),
      },
    ],
  }),
  defineOp({
    type: 'MultiHeadAttention',
    domain,
    summary: 'Attention of projected queries to keys and values, over several heads.',
    inputs: [
      'query',
      'key?',
      'value?',
      'bias?',
      'key_padding_mask?',
      'attention_bias?',
      'past_key?',
      'past_value?',
      'past_sequence_length?',
      'cache_indirection?',
    ],
    outputs: ['output', 'present_key?', 'present_value?', 'qk?'],
    attributes: { num_heads: heads, mask_filter_value: maskValue, scale, unidirectional },
    infer: ({ inputs: [query, key, value, , , , past], attributes: { num_heads } }) => {
      const [q, k, v] = [shapeOf(query), shapeOf(key), shapeOf(value)];
      const type = typeOf(query);
      const [batch, length] = [q?.[0] ?? unknownDim, q?.[1] ?? unknownDim];
      // Query, key and value may be packed: [B, L, heads, 3, head size]; key and value alone as [B, L, heads, 2, head size].
      const packed = q?.length === 5 ? q : k?.length === 5 ? k : undefined;
      const hidden = packed ? mulDims(packed[2]!, packed[4]!) : hiddenOf(v);
      const own = packed ? packed[1]! : lengthOf(k);
      const total = past ? addDims(own, shapeOf(past)?.[2] ?? unknownDim) : own;
      const head = packed ? packed[4]! : quotient(hiddenOf(k), num_heads);
      return [
        tensorType(type, [batch, length, hidden]),
        tensorType(type, [batch, num_heads, total, head]),
        tensorType(type, [batch, num_heads, total, packed ? packed[4]! : quotient(hidden, num_heads)]),
        tensorType(type, [batch, num_heads, length, total]),
      ];
    },
    cost: ({ inputs: [query, key], outputs: [y], count, dim }) => ({
      macs: 2 * count(y) * (key?.shape?.length === 4 ? dim(key, 2) : key ? dim(key, 1) : dim(query, 1)),
      operations: 0,
    }),
    ...aspects,
    samples: [
      {
        name: 'cross attention',
        inputs: [waveInput([2, 3, 4]), waveInput([2, 5, 4]), waveInput([2, 5, 4])],
        attributes: new Map([['num_heads', int(2)]]),
      },
      {
        name: 'with a past',
        inputs: [
          waveInput([2, 1, 4]),
          waveInput([2, 1, 4]),
          waveInput([2, 1, 4]),
          undefined,
          undefined,
          undefined,
          waveInput([2, 2, 3, 2]),
          waveInput([2, 2, 3, 2]),
        ],
        attributes: new Map([['num_heads', int(2)]]),
        outputs: 3,
      },
    ],
  }),
  defineOp({
    type: 'GroupQueryAttention',
    domain,
    summary: 'Attention with a key and value cache in which groups of query heads share a key head.',
    inputs: [
      'query',
      'key?',
      'value?',
      'past_key?',
      'past_value?',
      'seqlens_k',
      'total_sequence_length',
      'cos_cache?',
      'sin_cache?',
      'position_ids?',
      'attention_bias?',
      'head_sink?',
      'k_scale?',
      'v_scale?',
      'q_norm_weight?',
      'k_norm_weight?',
    ],
    outputs: ['output', 'present_key?', 'present_value?', 'output_qk?'],
    attributes: {
      num_heads: heads,
      kv_num_heads: attribute.int('Number of key and value heads.', 1),
      do_rotary: attribute.int('1 turns queries and keys by their positions.', 0),
      local_window_size: attribute.int('How far back a position sees; -1: all the way.', -1),
      rotary_interleaved: attribute.int('1: pairs that turn are neighbours.', 0),
      scale,
      smooth_softmax: attribute.int('1 adds one to the sum of exponentials.', 0),
      softcap: attribute.float('Limit of the scores by tanh; 0: none.', 0),
    },
    infer: ({ inputs: [query, key, , past], attributes: { num_heads, kv_num_heads }, ints: known }) => {
      const q = shapeOf(query);
      const type = typeOf(query);
      const [batch, length] = [q?.[0] ?? unknownDim, q?.[1] ?? unknownDim];
      const joined = q?.[2];
      const head = key ? quotient(joined, num_heads) : quotient(joined, num_heads + 2 * kv_num_heads);
      const total = known(6)?.[0];
      const buffer = shapeOf(past)?.[2];
      // A buffer that has room for the whole sequence is used on; else the present has the sequence's length.
      const present =
        typeof total === 'number' && typeof buffer === 'number'
          ? Math.max(total, buffer)
          : buffer === undefined && !past && total !== undefined
            ? total
            : unknownDim;
      const cache = tensorType(typeOf(past ?? query), [batch, kv_num_heads, present, head]);
      return [
        tensorType(type, [batch, length, mulDims(head, num_heads)]),
        cache,
        cache,
        tensorType(type, [batch, num_heads, length, unknownDim]),
      ];
    },
    cost: ({ inputs: [, , , past], outputs: [y, present], count, dim }) => ({
      macs: 2 * count(y) * Math.max(dim(y, 1), dim(present ?? past, 2)),
      operations: 0,
    }),
    ...aspects,
    samples: [
      {
        name: 'a prompt',
        inputs: [
          waveInput([1, 3, 32]),
          waveInput([1, 3, 16]),
          waveInput([1, 3, 16]),
          waveInput([1, 1, 4, 16]),
          waveInput([1, 1, 4, 16]),
          { type: 'int32', shape: [1], values: [2], constant: true },
          { type: 'int32', shape: [], values: [3], constant: true },
        ],
        attributes: new Map<string, Attribute>([
          ['num_heads', int(2)],
          ['kv_num_heads', int(1)],
        ]),
        outputs: 3,
      },
    ],
  }),
  defineOp({
    type: 'RotaryEmbedding',
    domain,
    summary: 'Turns pairs of features of queries and keys by angles that depend on the position.',
    inputs: ['input', 'position_ids', 'cos_cache', 'sin_cache'],
    outputs: ['output'],
    attributes: {
      interleaved: attribute.int('1: pairs are neighbours; 0: halves of the features.', 0),
      is_packed_batching: attribute.int('1: sequences without padding.', 0),
      num_heads: attribute.int('Number of heads; needed where only a part of the features turns.', 0),
      rotary_embedding_dim: attribute.int('Number of features that turn; 0: all.', 0),
      scale: attribute.float('Factor of the positions.', 1),
    },
    infer: sameAsInput,
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 3 * count(y) }),
    ...aspects,
    samples: [
      {
        name: 'three axes',
        inputs: [
          waveInput([2, 3, 8]),
          { type: 'int64', shape: [2, 3], values: [0, 1, 2, 0, 1, 2] },
          waveInput([4, 2]),
          waveInput([4, 2], 0.5),
        ],
        attributes: new Map([['num_heads', int(2)]]),
        noBatch: 'a batch of positions goes with it',
      },
    ],
  }),
];
