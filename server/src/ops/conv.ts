import { type Attribute, int, ints, text } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { defineOp, staticShape } from './define.ts';
import { convBiasGradient, convInputGradient, convWeightGradient } from './shared/conv-gradient.ts';
import { convShape } from './shared/conv-shape.ts';
import { waveInput } from './shared/elementwise.ts';
import { fixedWindow, slide } from './shared/window.ts';
import { convAttributeRules } from './shared/window-attributes.ts';

/**
 * Y[n, m, y] = B[m] + sum over c, k of W[m, c, k] X[n, g C/G + c, s y + d k - p]
 * Gradients (dY is the gradient of Y): dX is ConvTranspose(dY, W) with the padding that restores X's size; dW is a Conv of X
 * with dY, batch and channels swapped and stride and dilation swapped; dB sums dY over batch and space.
 */
export const conv = defineOp({
  type: 'Conv',
  summary:
    'Convolution of an image batch [N, C, ...] with weights [M, C/group, ...], plus a bias per output channel.',
  inputs: ['X', 'W', 'B?'],
  outputs: ['Y'],
  attributes: convAttributeRules,
  infer: ({ inputs: [x, w], attributes, fail }) => [
    x?.kind === 'tensor'
      ? tensorType(x.type, convShape(shapeOf(x), shapeOf(w), attributes, fail))
      : undefined,
  ],
  cost: ({ inputs: [, w, b], outputs: [y], count, dim }) => {
    const outputs = count(y);
    return { macs: (outputs * count(w)) / Math.max(1, dim(w, 0)), operations: b ? outputs : 0 };
  },
  gradient: ({ build, inputs: [x, w, b], types, attributes, dy: [dy], wants }) => {
    if (!dy) return [];
    const weights = staticShape(types(w!).shape)!;
    const image = staticShape(types(x!).shape!.slice(2))!;
    const window = fixedWindow(image, attributes, weights.slice(2));
    const output = slide(image, attributes, window) as readonly number[];
    const geometry = { window, image, output, weights, group: attributes.group };
    return [
      wants(0) ? convInputGradient(build, dy, w!, geometry) : undefined,
      wants(1) ? convWeightGradient(build, x!, dy, geometry) : undefined,
      b && wants(2) ? convBiasGradient(build, dy, image.length) : undefined,
    ];
  },
  channels: ({ inputs: [, w, b], attributes: { group } }) => {
    const bias = b ? [{ from: { input: 2, axis: 0 }, to: { output: 0, axis: 1 } }] : [];
    const out = { from: { input: 1, axis: 0 }, to: { output: 0, axis: 1 } };
    const weights = w?.shape;
    if (group === 1) return [out, ...bias, { from: { input: 1, axis: 1 }, to: { input: 0, axis: 1 } }];
    // Depthwise: the filters of a channel go with it.
    if (weights?.[1] === 1) {
      const repeat = typeof weights[0] === 'number' ? weights[0] / group : 1;
      return [out, ...bias, { from: { input: 0, axis: 1 }, to: { input: 1, axis: 0 }, repeat }];
    }
    // The groups share the weights' second axis, so each loses the same channels.
    return [
      { ...out, groups: group },
      ...bias.map((coupling) => ({ ...coupling, groups: group })),
      { from: { input: 1, axis: 1 }, to: { input: 0, axis: 1 }, tile: group },
    ];
  },
  resize: ({ attributes: { group }, inputs: [, w], kept }) =>
    group > 1 && w?.shape?.[1] === 1
      ? { attributes: { group: int(kept({ input: 0, axis: 1 }).length) } }
      : {},
  quantize: { kind: 'weighted', weight: 1, bias: 2, axis: () => 0 },
  samples: [
    {
      name: 'padded',
      inputs: [waveInput([2, 3, 5, 5]), waveInput([4, 3, 3, 3]), waveInput([4])],
      attributes: new Map([['pads', ints([1, 1, 1, 1])]]),
    },
    {
      name: 'strided',
      inputs: [waveInput([1, 2, 8, 7]), waveInput([3, 2, 3, 2])],
      attributes: new Map([
        ['strides', ints([2, 3])],
        ['pads', ints([1, 0, 0, 1])],
      ]),
    },
    {
      name: 'dilated',
      inputs: [waveInput([1, 2, 9, 9]), waveInput([2, 2, 3, 3])],
      attributes: new Map([['dilations', ints([2, 2])]]),
    },
    {
      name: 'depthwise',
      inputs: [waveInput([2, 4, 6, 6]), waveInput([4, 1, 3, 3]), waveInput([4])],
      attributes: new Map([['group', int(4)]]),
    },
    {
      name: 'depthwise with two filters a channel',
      inputs: [waveInput([1, 3, 5, 5]), waveInput([6, 1, 3, 3])],
      attributes: new Map([['group', int(3)]]),
    },
    ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map((pad) => ({
      name: pad,
      inputs: [waveInput([1, 2, 6, 5]), waveInput([3, 2, 2, 3])],
      attributes: new Map<string, Attribute>([
        ['auto_pad', text(pad)],
        ['strides', ints([2, 1])],
      ]),
    })),
    {
      name: 'grouped',
      inputs: [waveInput([1, 4, 6, 6]), waveInput([6, 2, 3, 3])],
      attributes: new Map([['group', int(2)]]),
    },
    {
      name: 'one dimension',
      inputs: [waveInput([2, 3, 10]), waveInput([4, 3, 4])],
      attributes: new Map([['strides', ints([3])]]),
    },
  ],
});
