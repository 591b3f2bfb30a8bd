import { type Attribute, int } from '../ir/attribute.ts';
import { addDims, type Dim, exactDiv, mulDims, type Shape, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp } from './define.ts';
import { attentionGradient } from './shared/attention-gradient.ts';
import { waveInput } from './shared/elementwise.ts';

/** [batch, heads, length, features] of an input that may also be [batch, length, heads features]. */
function unfolded(shape: Shape | undefined, heads: number | undefined): Shape | undefined {
  if (shape?.length !== 3) return shape?.length === 4 ? shape : undefined;
  const features = heads === undefined ? undefined : exactDiv(shape[2]!, heads);
  return [shape[0]!, heads ?? unknownDim, shape[1]!, features ?? unknownDim];
}

/** Y = softmax(scale Q K^T + mask) V, head by head; groups of query heads may share a key and value head. */
export const attention = defineOp({
  type: 'Attention',
  summary: 'Scaled dot-product attention: softmax(scale Q K^T + mask) V over several heads.',
  inputs: ['Q', 'K', 'V', 'attn_mask?', 'past_key?', 'past_value?', 'nonpad_kv_seqlen?'],
  outputs: ['Y', 'present_key?', 'present_value?', 'qk_matmul_output?'],
  attributes: {
    is_causal: attribute.int('1: no position sees later ones.', 0),
    kv_num_heads: attribute.int('Heads of keys and values; needed where they have three axes.'),
    left_window_size: attribute.int('How far back a position sees; -1: all the way.', -1),
    q_num_heads: attribute.int('Heads of the queries; needed where they have three axes.'),
    qk_matmul_output_mode: attribute.int('Which scores the fourth output holds.', 0),
    right_window_size: attribute.int('How far ahead a position sees; -1: all the way.', -1),
    scale: attribute.float('Factor of the scores; 1 / sqrt(features of a head) by default.'),
    softcap: attribute.float('Limit of the scores by tanh; 0: none.', 0),
    softmax_precision: attribute.int('Element type of the softmax, by its number.'),
  },
  infer: ({ inputs: [q, k, v, , pastKey, pastValue], attributes: { q_num_heads, kv_num_heads } }) => {
    if (q?.kind !== 'tensor') return [];
    const query = unfolded(shapeOf(q), q_num_heads);
    const key = unfolded(shapeOf(k), kv_num_heads);
    const value = unfolded(shapeOf(v), kv_num_heads);
    if (!query || !key || !value) return [tensorType(q.type)];
    const [batch, heads, length] = query as readonly [Dim, Dim, Dim];
    const total = (own: Shape, past: Shape | undefined) =>
      past ? addDims(past[2] ?? unknownDim, own[2]!) : own[2]!;
    const output =
      shapeOf(q)?.length === 3
        ? [batch, length, mulDims(heads, value[3]!)]
        : [batch, heads, length, value[3]!];
    const keys = total(key, shapeOf(pastKey));
    return [
      tensorType(q.type, output),
      tensorType(q.type, [key[0]!, key[1]!, keys, key[3]!]),
      tensorType(q.type, [value[0]!, value[1]!, total(value, shapeOf(pastValue)), value[3]!]),
      tensorType(q.type, [batch, heads, length, keys]),
    ];
  },
  cost: ({ inputs: [q, k, , , past], outputs: [y], count, dim }) => {
    const keys = dim(k, -2) + (past ? dim(past, 2) : 0);
    return { macs: (count(q) + count(y)) * keys, operations: 0 };
  },
  differentiable: { inputs: [0, 1, 2, 3], outputs: [0] },
  gradient: (context) => attentionGradient(context as Parameters<typeof attentionGradient>[0]),
  channels: ({ inputs: [q, k, v], outputs: [y], attributes }) => {
    const four = [q, k, v, y].every((type) => type?.shape?.length === 4);
    const same = q?.shape?.[1] === k?.shape?.[1];
    if (!four || !same || attributes.scale === undefined) return [];
    return [
      { from: { input: 1, axis: 3 }, to: { input: 0, axis: 3 } },
      { from: { input: 2, axis: 3 }, to: { output: 0, axis: 3 } },
    ];
  },
  quantize: { none: 'onnxruntime has no int8 kernel for it in the standard domain' },
  samples: [
    {
      name: 'four axes',
      opset: 23,
      inputs: [waveInput([2, 2, 3, 4]), waveInput([2, 2, 5, 4], 0.8), waveInput([2, 2, 5, 6], 0.7)],
    },
    {
      name: 'causal, with a scale of its own',
      opset: 23,
      inputs: [waveInput([1, 2, 4, 3]), waveInput([1, 2, 4, 3], 0.8), waveInput([1, 2, 4, 3], 0.7)],
      attributes: new Map<string, Attribute>([
        ['is_causal', int(1)],
        ['scale', { kind: 'float', value: 0.3 }],
      ]),
    },
    {
      name: 'three axes, shared keys and a mask that is added',
      opset: 23,
      inputs: [
        waveInput([2, 3, 8]),
        waveInput([2, 5, 4], 0.8),
        waveInput([2, 5, 4], 0.7),
        waveInput([3, 5], 0.5),
      ],
      attributes: new Map<string, Attribute>([
        ['q_num_heads', int(4)],
        ['kv_num_heads', int(2)],
      ]),
    },
    {
      name: 'a mask of truth values',
      opset: 23,
      inputs: [
        waveInput([1, 2, 2, 3]),
        waveInput([1, 2, 3, 3], 0.8),
        waveInput([1, 2, 3, 3], 0.7),
        { type: 'bool', shape: [2, 3], values: [1, 0, 1, 1, 1, 0] },
      ],
    },
    {
      name: 'with a past',
      opset: 23,
      inputs: [
        waveInput([1, 2, 1, 4]),
        waveInput([1, 2, 1, 4], 0.8),
        waveInput([1, 2, 1, 4], 0.7),
        undefined,
        waveInput([1, 2, 3, 4]),
        waveInput([1, 2, 3, 4], 0.5),
      ],
      outputs: 3,
      noGradient: 'a past belongs to inference, and the rule refuses it',
      noBatch: 'the past has a batch too',
    },
  ],
});
