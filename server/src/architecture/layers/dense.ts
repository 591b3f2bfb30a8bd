import { int } from '../../ir/attribute.ts';
import { defineLayer, type LayerContext, type Tail } from '../define.ts';
import { takeAfter, writeAfter } from './shared/after.ts';

/** Flattens images first: a dense layer takes vectors. */
function flat({ build, input, name }: LayerContext): Tail {
  if (input.shape.length === 1) return input;
  return {
    value: build.op('Flatten', [input.value], { axis: int(1) }, { name: `${name}/flatten` }),
    shape: [input.shape.reduce((a, b) => a * b, 1)],
  };
}

export const dense = defineLayer({
  name: 'dense',
  usage: 'dense UNITS [batchnorm] [ACTIVATION]',
  summary: 'Fully connected layer; images are flattened first.',
  build: (words, context) => {
    const { build, draw, weight, name } = context;
    const units = words.count('the number of units');
    const after = takeAfter(words);
    const { value, shape } = flat(context);
    const inputs = shape[0]!;
    const drawn = draw(units * inputs, inputs, after.activation !== undefined);
    const weights = weight('weight', [units, inputs], drawn);
    const bias = weight('bias', [units], new Float32Array(units));
    return writeAfter(
      after,
      { value: build.op('Gemm', [value, weights, bias], { transB: int(1) }, { name }), shape: [units] },
      context,
    );
  },
});
