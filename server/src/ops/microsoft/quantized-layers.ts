import { int } from '../../ir/attribute.ts';
import { unknownDim } from '../../ir/dim.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import { attribute, defineOp, type Operator } from '../define.ts';
import { waveInput } from '../shared/elementwise.ts';
import { bytes, constant, integersOnly, isQuantized, pruneBefore } from '../shared/quantized.ts';

const domain = 'com.microsoft';
const aspects = { gradient: integersOnly, channels: pruneBefore, quantize: isQuantized } as const;

/** Layers that ONNX Runtime's quantizer writes whole. */
export const quantizedLayers: readonly Operator[] = [
  defineOp({
    type: 'DynamicQuantizeLSTM',
    domain,
    summary: 'Long short-term memory with 8-bit weights; what it multiplies is quantized by its own range.',
    inputs: [
      'X',
      'W',
      'R',
      'B?',
      'sequence_lens?',
      'initial_h?',
      'initial_c?',
      'P?',
      'W_scale',
      'W_zero_point',
      'R_scale',
      'R_zero_point',
    ],
    outputs: ['Y?', 'Y_h?', 'Y_c?'],
    attributes: {
      activation_alpha: attribute.floats('Alpha of every activation.'),
      activation_beta: attribute.floats('Beta of every activation.'),
      activations: attribute.strings('Activations of the gates; sigmoid and tanh by default.'),
      clip: attribute.float('Limit of what goes into an activation.'),
      direction: attribute.string('`forward`, `reverse` or `bidirectional`.', 'forward'),
      hidden_size: attribute.int('Size of the hidden state.'),
      input_forget: attribute.int('1 couples the input and the forget gate.', 0),
    },
    infer: ({ inputs: [x, , r], attributes: { direction, hidden_size } }) => {
      if (x?.kind !== 'tensor') return [];
      const [time, batch] = shapeOf(x) ?? [];
      const directions = direction === 'bidirectional' ? 2 : 1;
      const size = hidden_size ?? shapeOf(r)?.[1] ?? unknownDim;
      const state = tensorType(x.type, [directions, batch ?? unknownDim, size]);
      return [tensorType(x.type, [time ?? unknownDim, directions, batch ?? unknownDim, size]), state, state];
    },
    cost: ({ inputs: [x, w, r], outputs: [y], count, dim }) => ({
      macs: dim(x, 0) * dim(x, 1) * (count(w) + count(r)),
      operations: 16 * count(y),
    }),
    ...aspects,
    samples: [
      {
        name: 'one direction',
        inputs: [
          waveInput([3, 2, 3]),
          { ...bytes('int8', [1, 3, 8]), constant: true },
          { ...bytes('int8', [1, 2, 8], 1), constant: true },
          { ...waveInput([1, 16], 0.3), constant: true },
          undefined,
          undefined,
          undefined,
          undefined,
          { type: 'float', shape: [1], values: [0.01], constant: true },
          { type: 'int8', shape: [1], values: [0], constant: true },
          { type: 'float', shape: [1], values: [0.01], constant: true },
          { type: 'int8', shape: [1], values: [0], constant: true },
        ],
        attributes: new Map([['hidden_size', int(2)]]),
        outputs: 3,
        batchAxis: 1,
      },
    ],
  }),
  defineOp({
    type: 'QEmbedLayerNormalization',
    domain,
    summary:
      'The sum of quantized word, position and segment embeddings, layer-normalized, in floating point.',
    inputs: [
      'input_ids',
      'segment_ids?',
      'word_embedding_quant',
      'position_embedding_quant',
      'segment_embedding?',
      'gamma_quant',
      'beta_quant',
      'mask?',
      'word_embedding_scale',
      'position_embedding_scale',
      'segment_embedding_scale?',
      'gamma_scale',
      'beta_scale',
      'word_embedding_zero_point',
      'position_embedding_zero_point',
      'segment_embedding_zero_point?',
      'gamma_zero_point',
      'beta_zero_point',
    ],
    outputs: ['layernorm_out', 'mask_index_out'],
    attributes: { epsilon: attribute.float('Added to the variance.', 1e-12) },
    infer: ({ inputs: [ids, , words] }) => {
      const places = shapeOf(ids);
      return [
        tensorType('float', places && [...places, shapeOf(words)?.[1] ?? unknownDim]),
        tensorType('int32', [places?.[0] ?? unknownDim]),
      ];
    },
    cost: ({ outputs: [y], count }) => ({ macs: 0, operations: 13 * count(y) }),
    ...aspects,
    samples: [
      {
        name: 'words and positions',
        inputs: [
          { type: 'int32', shape: [2, 3], values: [0, 1, 2, 4, 3, 2] },
          undefined,
          bytes('uint8', [5, 4]),
          bytes('uint8', [6, 4], 1),
          undefined,
          bytes('uint8', [4], 2),
          bytes('uint8', [4], 3),
          undefined,
          constant('float', 0.01),
          constant('float', 0.01),
          undefined,
          constant('float', 0.01),
          constant('float', 0.01),
          constant('uint8', 128),
          constant('uint8', 128),
          undefined,
          constant('uint8', 0),
          constant('uint8', 128),
        ],
        outputs: 2,
      },
    ],
  }),
];
