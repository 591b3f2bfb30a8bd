import { type Attribute, float, int, text } from '../ir/attribute.ts';
import { type Dim, exactDiv, mulDims, unknownDim } from '../ir/dim.ts';
import { shapeOf, tensorType, type ValueType } from '../ir/value-type.ts';
import {
  attribute,
  defineOp,
  type Operator,
  perElement,
  refuseGradient,
  sameChannels,
  staticShape,
} from './define.ts';
import { calculator } from './shared/calculator.ts';
import {
  convAttributes,
  convBiasGradient,
  convInputGradient,
  convWeightGradient,
} from './shared/conv-gradient.ts';
import { sameAsInput, waveInput } from './shared/elementwise.ts';

const noKernel = { none: 'onnxruntime has no int8 kernel for it' };
const quotient = (a: Dim | undefined, b: number): Dim =>
  (a === undefined ? undefined : exactDiv(a, b)) ?? unknownDim;

/** Building blocks of language models without attention over all pairs: gates, causal convolutions, running states. */
export const gatedSequences: readonly Operator[] = [
  defineOp({
    type: 'SwiGLU',
    summary: 'B times A / (1 + exp(-alpha A)), element by element.',
    inputs: ['A', 'B'],
    outputs: ['Y'],
    attributes: { alpha: attribute.float('Slope of the gate.', 1) },
    infer: sameAsInput,
    cost: perElement(6),
    gradient: (context) => {
      const {
        inputs: [a, b],
        attributes: { alpha },
        dy: [dy],
        wants,
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const scaled = m.mul(a!, alpha);
      const gate = m.sigmoid(scaled);
      const slope = m.mul(gate, m.add(1, m.mul(scaled, m.sub(1, gate))));
      return [m.mul(dy, m.mul(b!, slope)), wants(1) ? m.mul(dy, m.mul(a!, gate)) : undefined];
    },
    channels: sameChannels,
    quantize: noKernel,
    samples: { none: 'onnxruntime does not run opset 28 yet' },
  }),
  ...['', 'com.microsoft'].map((domain) =>
    defineOp({
      type: 'CausalConvWithState',
      domain,
      summary:
        'Convolution of every channel of [N, C, length] with its own kernel over past positions, state carried on.',
      inputs: ['input', 'weight', 'bias?', 'past_state?'],
      outputs: ['output', 'present_state'],
      attributes: { activation: attribute.string('`none`, or `silu` (`swish`).', 'none') },
      infer: ({ inputs: [x, w] }) => {
        const [shape, kernel] = [shapeOf(x), shapeOf(w)?.at(-1)];
        if (x?.kind !== 'tensor' || !shape) return [x, x];
        const length = typeof kernel === 'number' ? kernel - 1 : unknownDim;
        return [x, tensorType(x.type, [...shape.slice(0, -1), length])];
      },
      cost: ({ inputs: [, w], outputs: [y], count, dim }) => ({
        macs: count(y) * dim(w, -1),
        operations: count(y),
      }),
      differentiable: { inputs: [0, 1, 2], outputs: [0] },
      gradient: (context) => {
        const {
          build,
          inputs: [x, w, b, past],
          types,
          attributes: { activation },
          dy: [dy],
          wants,
        } = context;
        if (!dy) return [];
        if (past) return refuseGradient(context, 'its state comes from before');
        const [channels, length] =
          staticShape(types(x!).shape!.slice(1)) ?? refuseGradient(context, 'its length is not known');
        const kernel = types(w!).shape![2] as number;
        const window = { kernel: [kernel], strides: [1], dilations: [1], pads: [kernel - 1, 0] };
        const geometry = {
          window,
          image: [length!],
          output: [length!],
          weights: [channels!, 1, kernel],
          group: channels!,
        };
        const m = calculator(context);
        let before = dy;
        if (activation !== 'none') {
          const value = build.op('Conv', b ? [x!, w!, b] : [x!, w!], convAttributes(geometry));
          const gate = m.sigmoid(value);
          before = m.mul(dy, m.mul(gate, m.add(1, m.mul(value, m.sub(1, gate)))));
        }
        return [
          wants(0) ? convInputGradient(build, before, w!, geometry) : undefined,
          wants(1) ? convWeightGradient(build, x!, before, geometry) : undefined,
          b && wants(2) ? convBiasGradient(build, before, 1) : undefined,
        ];
      },
      channels: ({ inputs: [, , bias, past] }) => [
        { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 } },
        { from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } },
        { from: { input: 0, axis: 1 }, to: { output: 1, axis: 1 } },
        ...(bias ? [{ from: { input: 2, axis: 0 }, to: { output: 0, axis: 1 } }] : []),
        ...(past ? [{ from: { input: 3, axis: 1 }, to: { output: 0, axis: 1 } }] : []),
      ],
      quantize: noKernel,
      samples:
        domain === ''
          ? { none: 'onnxruntime has it in com.microsoft' }
          : ['none', 'silu'].map((activation) => ({
              name: activation,
              inputs: [waveInput([2, 3, 5]), waveInput([3, 1, 3]), waveInput([3], 0.3)],
              attributes: new Map([['activation', text(activation)]]),
              outputs: 2,
            })),
    }),
  ),
  ...['', 'com.microsoft'].map((domain) =>
    defineOp({
      type: 'LinearAttention',
      domain,
      summary:
        'Attention as a running state of keys times values, forgotten and corrected by gates (delta rule).',
      inputs: ['query', 'key', 'value', 'past_state?', 'decay?', 'beta?'],
      outputs: ['output', 'present_state'],
      attributes: {
        chunk_size: attribute.int('Positions that are computed together.', 64),
        kv_num_heads: attribute.int('Heads of keys and values.', 1),
        q_num_heads: attribute.int('Heads of the queries.', 1),
        scale: attribute.float('Factor of the output; 0: 1 / sqrt(features of a key).', 0),
        update_rule: attribute.string('`linear`, `gated`, `delta` or `gated_delta`.', 'gated_delta'),
      },
      infer: ({ inputs: [q, k, v], attributes: { kv_num_heads, q_num_heads } }) => {
        if (q?.kind !== 'tensor') return [];
        const [batch, length] = shapeOf(q) ?? [unknownDim, unknownDim];
        const features = (type: ValueType | undefined) => quotient(shapeOf(type)?.[2], kv_num_heads);
        return [
          tensorType(q.type, [batch ?? unknownDim, length ?? unknownDim, mulDims(features(v), q_num_heads)]),
          tensorType(q.type, [batch ?? unknownDim, kv_num_heads, features(k), features(v)]),
        ];
      },
      cost: ({ outputs: [y, state], count, dim }) => ({
        macs: dim(y, 1) * 3 * count(state),
        operations: 0,
      }),
      gradient: { none: 'it would walk back through all states, which it does not give' },
      channels: { none: 'its features are tied to each other through the state' },
      quantize: noKernel,
      samples:
        domain === ''
          ? { none: 'onnxruntime has it in com.microsoft' }
          : [
              {
                name: 'linear',
                inputs: [waveInput([2, 3, 8]), waveInput([2, 3, 4], 0.5), waveInput([2, 3, 6], 0.5)],
                attributes: new Map<string, Attribute>([
                  ['q_num_heads', int(4)],
                  ['kv_num_heads', int(2)],
                  ['update_rule', text('linear')],
                  ['scale', float(0.5)],
                ]),
                outputs: 2,
              },
            ],
    }),
  ),
];
