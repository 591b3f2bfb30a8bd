import { type Attribute, float, int, ints, text } from '../../ir/attribute.ts';
import type { Shape } from '../../ir/dim.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import { attribute, defineOp, type None, type Operator, perElement, sameChannels } from '../define.ts';
import { calculator } from '../shared/calculator.ts';
import { convShape } from '../shared/conv-shape.ts';
import { broadcastType, sameAsInput, waveInput } from '../shared/elementwise.ts';
import { geluGradient, tanhGeluGradient } from '../shared/gelu.ts';
import { matMulShape } from '../shared/mat-mul.ts';
import { convAttributeRules } from '../shared/window-attributes.ts';

const domain = 'com.microsoft';
const fusedForm: None = {
  none: 'it is a fused form of the runtime: compress or train the model from before it was optimized for inference',
};
const aspects = { gradient: fusedForm, channels: fusedForm, quantize: fusedForm } as const;
const noKernel: None = { none: 'onnxruntime has no CPU kernel for it' };

/** A shape with its batch axes after the rows brought in front, and its last two axes swapped. */
function turned(shape: Shape | undefined, transpose: number, batch: number): Shape | undefined {
  if (!shape || shape.length < 2) return shape;
  const [first, ...rest] = shape as readonly [Shape[number], ...Shape];
  const front = batch ? [...rest.slice(0, -1), first, rest.at(-1)!] : [...shape];
  if (!transpose) return front;
  return [...front.slice(0, -2), front.at(-1)!, front.at(-2)!];
}

const matMulAttributes = {
  alpha: attribute.float('Factor of the product.', 1),
  transA: attribute.int('1 transposes the last two axes of A.', 0),
  transB: attribute.int('1 transposes the last two axes of B.', 0),
  transBatchA: attribute.int('1: the rows of A come before its batch axes.', 0),
  transBatchB: attribute.int('1: the rows of B come before its batch axes.', 0),
};

/** Operators that ONNX Runtime's optimizer writes for a sequence of standard ones. */
export const fused: readonly Operator[] = [
  ...['FusedMatMul', 'TransposeMatMul'].map((type) =>
    defineOp({
      type,
      domain,
      summary: 'alpha A B over the last two axes, either transposed first.',
      inputs: ['A', 'B'],
      outputs: ['Y'],
      attributes: matMulAttributes,
      infer: ({ inputs: [a, b], attributes, fail }) => {
        if (a?.kind !== 'tensor') return [undefined];
        const left = turned(shapeOf(a), attributes.transA, attributes.transBatchA);
        const right = turned(shapeOf(b), attributes.transB, attributes.transBatchB);
        return [tensorType(a.type, matMulShape(left, right, fail))];
      },
      cost: ({ inputs: [a], outputs: [y], attributes: { transA, transBatchA }, count, dim }) => ({
        macs: count(y) * dim(a, transA ? (transBatchA ? 0 : -2) : -1),
        operations: 0,
      }),
      ...aspects,
      samples: [
        {
          name: 'B transposed and scaled',
          inputs: [waveInput([2, 3, 4]), waveInput([2, 5, 4])],
          attributes: new Map<string, Attribute>([
            ['transB', int(1)],
            ['alpha', float(0.5)],
          ]),
        },
        {
          name: 'A transposed',
          inputs: [waveInput([4, 3]), waveInput([4, 2])],
          attributes: new Map([['transA', int(1)]]),
        },
        ...(type === 'FusedMatMul'
          ? [
              {
                name: 'rows before the batch',
                inputs: [waveInput([3, 2, 4]), waveInput([4, 2, 5])],
                attributes: new Map([
                  ['transBatchA', int(1)],
                  ['transBatchB', int(1)],
                ]),
              },
            ]
          : []),
      ],
    }),
  ),
  defineOp({
    type: 'FusedConv',
    domain,
    summary: 'Convolution, plus a tensor of the same size, then an activation.',
    inputs: ['X', 'W', 'B?', 'Z?'],
    outputs: ['Y'],
    attributes: {
      ...convAttributeRules,
      activation: attribute.string('Operator of the activation.'),
      activation_params: attribute.floats('Its attributes, in order.'),
    },
    infer: ({ inputs: [x, w], attributes, fail }) => [
      x?.kind === 'tensor'
        ? tensorType(x.type, convShape(shapeOf(x), shapeOf(w), attributes, fail))
        : undefined,
    ],
    cost: ({ inputs: [, w], outputs: [y], count, dim }) => ({
      macs: (count(y) * count(w)) / Math.max(1, dim(w, 0)),
      operations: 2 * count(y),
    }),
    ...aspects,
    samples: [
      {
        name: 'Relu',
        inputs: [waveInput([1, 2, 5, 5]), waveInput([3, 2, 3, 3]), waveInput([3])],
        attributes: new Map<string, Attribute>([
          ['activation', text('Relu')],
          ['pads', ints([1, 1, 1, 1])],
        ]),
      },
      {
        name: 'a tensor added',
        inputs: [waveInput([1, 2, 4, 4]), waveInput([3, 2, 3, 3]), waveInput([3]), waveInput([1, 3, 2, 2])],
        attributes: new Map([['activation', text('Relu')]]),
      },
    ],
  }),
  defineOp({
    type: 'FusedGemm',
    domain,
    summary: 'alpha A B + beta C, then an activation.',
    inputs: ['A', 'B', 'C?'],
    outputs: ['Y'],
    attributes: {
      alpha: attribute.float('Factor of A B.', 1),
      beta: attribute.float('Factor of C.', 1),
      transA: attribute.int('1 transposes A.', 0),
      transB: attribute.int('1 transposes B.', 0),
      activation: attribute.string('Operator of the activation.'),
      activation_alpha: attribute.float('Its alpha.'),
      activation_beta: attribute.float('Its beta.'),
      activation_gamma: attribute.float('Its gamma.'),
    },
    infer: ({ inputs: [a, b], attributes: { transA, transB }, fail }) => {
      if (a?.kind !== 'tensor') return [undefined];
      const shape = matMulShape(turned(shapeOf(a), transA, 0), turned(shapeOf(b), transB, 0), fail);
      return [tensorType(a.type, shape ?? ['?', '?'])];
    },
    cost: ({ inputs: [a], outputs: [y], attributes: { transA }, count, dim }) => ({
      macs: count(y) * dim(a, transA ? 0 : 1),
      operations: 2 * count(y),
    }),
    ...aspects,
    samples: [
      {
        name: 'LeakyRelu',
        inputs: [waveInput([3, 4]), waveInput([2, 4]), waveInput([2])],
        attributes: new Map<string, Attribute>([
          ['transB', int(1)],
          ['activation', text('LeakyRelu')],
          ['activation_alpha', float(0.1)],
        ]),
      },
    ],
  }),
  defineOp({
    type: 'BiasGelu',
    domain,
    summary: 'Gelu of A + B, B being a vector along the last axis.',
    inputs: ['A', 'B'],
    outputs: ['C'],
    attributes: {},
    infer: broadcastType,
    cost: perElement(11),
    gradient: (context) => {
      const {
        inputs: [a, b],
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const dx = geluGradient(m, m.add(a!, b!), dy);
      return [dx, dx];
    },
    channels: sameChannels,
    quantize: fusedForm,
    samples: [{ name: 'wave', inputs: [waveInput([2, 3, 4], 2), waveInput([4])] }],
  }),
  defineOp({
    type: 'FastGelu',
    domain,
    summary: 'Gelu by tanh of X + bias, the bias being a vector along the last axis.',
    inputs: ['X', 'bias?'],
    outputs: ['Y'],
    attributes: {},
    infer: sameAsInput,
    cost: perElement(11),
    gradient: (context) => {
      const {
        inputs: [x, bias],
        dy: [dy],
      } = context;
      if (!dy) return [];
      const m = calculator(context);
      const dx = tanhGeluGradient(m, bias ? m.add(x!, bias) : x!, dy);
      return [dx, bias ? dx : undefined];
    },
    channels: sameChannels,
    quantize: fusedForm,
    samples: [
      { name: 'with bias', inputs: [waveInput([2, 3, 4], 2), waveInput([4])] },
      { name: 'without', inputs: [waveInput([2, 4], 2)] },
    ],
  }),
  defineOp({
    type: 'BiasAdd',
    domain,
    summary: 'X + bias + skip, the bias being a vector along the last axis.',
    inputs: ['X', 'bias', 'skip'],
    outputs: ['Y'],
    attributes: {},
    infer: sameAsInput,
    cost: perElement(2),
    ...aspects,
    samples: noKernel,
  }),
  defineOp({
    type: 'BiasSoftmax',
    domain,
    summary: 'Softmax of data + bias over the axes from `axis` on.',
    inputs: ['data', 'bias'],
    outputs: ['output'],
    attributes: {
      axis: attribute.int('First axis to normalize over.', 1),
      is_inner_broadcast: attribute.int('1: the bias repeats over inner batch axes.', 0),
    },
    infer: sameAsInput,
    cost: perElement(6),
    ...aspects,
    samples: noKernel,
  }),
  defineOp({
    type: 'BiasSplitGelu',
    domain,
    summary: 'Half of X + bias times the Gelu of the other half, along the last axis.',
    inputs: ['X', 'bias'],
    outputs: ['Y'],
    attributes: {},
    infer: ({ inputs: [x] }) => {
      const shape = shapeOf(x);
      const last = shape?.at(-1);
      if (x?.kind !== 'tensor' || !shape) return [x];
      return [tensorType(x.type, [...shape.slice(0, -1), typeof last === 'number' ? last / 2 : '?'])];
    },
    cost: perElement(13),
    ...aspects,
    samples: noKernel,
  }),
];
