import { int, ints } from '../../ir/attribute.ts';
import { defineLayer, type LayerContext, type LayerKind, type Tail, type Words } from '../define.ts';
import { takeAfter, writeAfter } from './shared/after.ts';

/** Kernel geometry in words: `5x5 stride 2 same` or `pad 1`. */
function convolve(words: Words, context: LayerContext, channels: number, groups: number): Tail {
  const { build, draw, weight, input, name } = context;
  const [inChannels, height, width] = input.shape;
  if (inChannels === undefined || height === undefined || width === undefined)
    return words.fail('needs an image [channels, height, width] before it');
  const [kh, kw] = words.size('the kernel', [3, 3]);
  const stride = words.option('stride', 1);
  const same = words.flag('same');
  const pad = words.option('pad', 0);
  const after = takeAfter(words);
  const [begin, end] = [
    [kh, kw].map((k) => (same ? Math.floor((k - 1) / 2) : pad)),
    [kh, kw].map((k) => (same ? Math.ceil((k - 1) / 2) : pad)),
  ];
  const spatial = [height, width].map(
    (size, i) => Math.floor((size + begin[i]! + end[i]! - [kh, kw][i]!) / stride) + 1,
  );
  if (spatial.some((size) => size < 1))
    words.fail(`a kernel of ${kh}x${kw} does not fit into ${height}x${width}`);
  const fanIn = (inChannels / groups) * kh * kw;
  const weights = draw(channels * fanIn, fanIn, after.activation !== undefined || after.batchNorm);
  const inputs = [input.value, weight('weight', [channels, inChannels / groups, kh, kw], weights)];
  // A shift after the products would be taken out again by the normalization.
  if (!after.batchNorm) inputs.push(weight('bias', [channels], new Float32Array(channels)));
  const value = build.op(
    'Conv',
    inputs,
    {
      kernel_shape: ints([kh, kw]),
      strides: ints([stride, stride]),
      pads: ints([...begin, ...end]),
      dilations: ints([1, 1]),
      group: int(groups),
    },
    { name },
  );
  return writeAfter(after, { value, shape: [channels, ...spatial] }, context);
}

/** Layers that slide a kernel over an image. */
export const convolutions: readonly LayerKind[] = [
  defineLayer({
    name: 'conv',
    usage: 'conv CHANNELS [KxK] [stride N] [same | pad N] [groups N] [batchnorm] [ACTIVATION]',
    summary: 'Convolution, 3x3 by default; `same` pads so that the size stays.',
    build: (words, context) => {
      const channels = words.count('the number of channels');
      const groups = words.option('groups', 1);
      const inChannels = context.input.shape[0]!;
      if (inChannels % groups !== 0 || channels % groups !== 0)
        words.fail(`${groups} groups do not divide ${inChannels} and ${channels} channels`);
      return convolve(words, context, channels, groups);
    },
  }),
  defineLayer({
    name: 'depthwise',
    usage: 'depthwise [KxK] [stride N] [same | pad N] [batchnorm] [ACTIVATION]',
    summary: 'Depthwise convolution: one filter a channel.',
    build: (words, context) => convolve(words, context, context.input.shape[0]!, context.input.shape[0]!),
  }),
];
