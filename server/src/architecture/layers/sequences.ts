import type { Attribute } from '../../ir/attribute.ts';
import { int, ints, text } from '../../ir/attribute.ts';
import { tensorType } from '../../ir/value-type.ts';
import { defineLayer, type LayerContext, type LayerKind, type Tail, type Words } from '../define.ts';

/** The length and the features of a sequence. */
function sequence(words: Words, { input }: LayerContext): readonly [number, number] {
  const [length, features] = input.shape;
  if (input.shape.length !== 2 || length === undefined || features === undefined)
    return words.fail('needs a sequence [length, features] before it, such as that of `embedding`');
  return [length, features];
}

const recurrent = (name: 'lstm' | 'gru', op: 'LSTM' | 'GRU', gates: number, summary: string): LayerKind =>
  defineLayer({
    name,
    usage: `${name} UNITS [both] [all]`,
    summary: `${summary}. \`both\` reads the sequence from both ends; the last state comes out, or with \`all\` that of every step.`,
    build: (words, context) => {
      const { build, draw, weight, name: label, input } = context;
      const units = words.count('the number of units');
      const [both, all] = [words.flag('both'), words.flag('all')];
      const [length, features] = sequence(words, context);
      const directions = both ? 2 : 1;
      const rows = gates * units;
      const bias = new Float32Array(directions * 2 * rows);
      // A forget gate that is open at the start remembers (Jozefowicz et al., 2015). ONNX has it third.
      if (op === 'LSTM')
        for (let d = 0; d < directions; d++) bias.fill(1, d * 2 * rows + 2 * units, d * 2 * rows + 3 * units);
      const inputs = [
        build.op('Transpose', [input.value], { perm: ints([1, 0, 2]) }, { name: `${label}/time-first` }),
        weight('weight', [directions, rows, features], draw(directions * rows * features, features, false)),
        weight('recurrence', [directions, rows, units], draw(directions * rows * units, units, false)),
        weight('bias', [directions, 2 * rows], bias),
      ];
      const attributes: Record<string, Attribute> = {
        hidden_size: int(units),
        ...(both ? { direction: text('bidirectional') } : {}),
        // As in PyTorch and cuDNN: the reset gate acts on what the state gave.
        ...(op === 'GRU' ? { linear_before_reset: int(1) } : {}),
      };
      const [every, last] = build.multi(op, inputs, 2, attributes, { name: label }) as [string, string];
      const width = directions * units;
      const shape = all ? [length, width] : [width];
      const batchFirst = build.op(
        'Transpose',
        [all ? every : last],
        {
          perm: ints(all ? [2, 0, 1, 3] : [1, 0, 2]),
        },
        { name: `${label}/batch-first` },
      );
      const dims = build.constant('int64', [shape.length + 1], [0, ...shape]);
      return { value: build.op('Reshape', [batchFirst, dims], {}, { name: `${label}/flat` }), shape };
    },
  });

/** Layers for sequences: tokens become vectors, vectors become states, and one vector comes out. */
export const sequences: readonly LayerKind[] = [
  defineLayer({
    name: 'embedding',
    usage: 'embedding TOKENS FEATURES',
    summary:
      'A learned vector for each token, of so many different ones; first layer of a network whose input is a list of tokens.',
    build: (words, { build, draw, weight, name, input }): Tail => {
      const tokens = words.count('the number of different tokens');
      const features = words.count('the number of features');
      if (input.shape.length !== 1 || build.graph.inputs[0]?.name !== input.value)
        words.fail('is the first layer, and the input a list of tokens, such as `input: [64]`');
      build.graph.inputs[0] = { name: input.value, type: tensorType('int64', ['batch', ...input.shape]) };
      // As wide as a sum of many of them should be: variance 1 / features.
      const table = weight('weight', [tokens, features], draw(tokens * features, features, false));
      return {
        value: build.op('Gather', [table, input.value], {}, { name }),
        shape: [...input.shape, features],
      };
    },
  }),
  recurrent('lstm', 'LSTM', 4, 'Long short-term memory'),
  recurrent('gru', 'GRU', 3, 'Gated recurrent units'),
  defineLayer({
    name: 'meanpool',
    usage: 'meanpool',
    summary: 'Mean over a sequence: [length, features] becomes a vector.',
    build: (words, context) => {
      const [, features] = sequence(words, context);
      const { build, input, name } = context;
      const axis = build.constant('int64', [1], [1]);
      return {
        value: build.op('ReduceMean', [input.value, axis], { keepdims: int(0) }, { name }),
        shape: [features],
      };
    },
  }),
];
