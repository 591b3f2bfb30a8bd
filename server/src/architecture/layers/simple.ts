import { defineLayer, type LayerKind } from '../define.ts';
import { activationWords, writeActivation, writeBatchNorm } from './shared/after.ts';

/** Layers that stand for one operator without weights, or for a normalization. */
export const simple: readonly LayerKind[] = [
  ...activationWords.map((word) =>
    defineLayer({
      name: word,
      usage: word,
      summary: `The activation ${word}.`,
      build: (_, context) => writeActivation(word, context.input, context),
    }),
  ),
  defineLayer({
    name: 'batchnorm',
    usage: 'batchnorm',
    summary: 'Batch normalization of each channel.',
    build: (_, context) => writeBatchNorm(context.input, context),
  }),
  defineLayer({
    name: 'flatten',
    usage: 'flatten',
    summary: 'An image becomes a vector.',
    build: (_, { build, input, name }) => ({
      value: build.op('Flatten', [input.value], {}, { name }),
      shape: [input.shape.reduce((a, b) => a * b, 1)],
    }),
  }),
  defineLayer({
    name: 'dropout',
    usage: 'dropout PERCENT',
    summary: 'Drops so many percent of the values while training.',
    build: (words, { build, input, name }) => {
      const percent = words.count('the percentage', 50);
      if (percent >= 100) words.fail('drops less than 100 percent');
      const ratio = build.constant('float', [], [percent / 100], `${name}.ratio`);
      return { value: build.op('Dropout', [input.value, ratio], {}, { name }), shape: input.shape };
    },
  }),
];
