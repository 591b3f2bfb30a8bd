import { ints } from '../../ir/attribute.ts';
import { defineLayer, type LayerKind } from '../define.ts';

const window = (name: string, op: string, summary: string): LayerKind =>
  defineLayer({
    name,
    usage: `${name} K [stride N]`,
    summary,
    build: (words, { build, input, name: label }) => {
      const [kh, kw] = words.size('the window');
      const stride = words.option('stride', kh);
      const [channels, height, width] = input.shape;
      if (channels === undefined || height === undefined || width === undefined)
        return words.fail('needs an image [channels, height, width] before it');
      const spatial = [Math.floor((height - kh) / stride) + 1, Math.floor((width - kw) / stride) + 1];
      if (spatial.some((size) => size < 1))
        words.fail(`a window of ${kh}x${kw} does not fit into ${height}x${width}`);
      return {
        value: build.op(
          op,
          [input.value],
          { kernel_shape: ints([kh, kw]), strides: ints([stride, stride]) },
          { name: label },
        ),
        shape: [channels, ...spatial],
      };
    },
  });

/** Layers that take one number for each window. */
export const pools: readonly LayerKind[] = [
  window('maxpool', 'MaxPool', 'Largest value of each window; windows do not overlap by default.'),
  window('avgpool', 'AveragePool', 'Mean of each window; windows do not overlap by default.'),
  defineLayer({
    name: 'globalpool',
    usage: 'globalpool',
    summary: 'Mean of each channel: an image becomes a vector.',
    build: (words, { build, input, name }) => {
      if (input.shape.length !== 3) words.fail('needs an image [channels, height, width] before it');
      const pooled = build.op('GlobalAveragePool', [input.value], {}, { name });
      return {
        value: build.op('Flatten', [pooled], {}, { name: `${name}/flatten` }),
        shape: [input.shape[0]!],
      };
    },
  }),
];
