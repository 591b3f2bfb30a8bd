import { PareError } from '../base/errors.ts';
import { createRng, type Rng } from '../base/rng.ts';
import { didYouMean } from '../base/suggest.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import type { Tail } from './define.ts';
import { layerKinds } from './layers/index.ts';
import type { Architecture, LayerText } from './schema.ts';
import { wordsOf } from './words.ts';

const maximalParameters = 2 ** 28;

/**
 * The network as an ordinary ONNX model with drawn weights: input `image` (or `input` for vectors) of any batch, output
 * `scores`. The same text and seed give the same model; without a seed the weights are zero, for those who look at its structure
 * alone. Throws `architecture` with the layer's text.
 */
export function buildArchitecture({ input, layers }: Architecture, seed: number | undefined): Model {
  const graph = new Graph('network');
  const name = input.length === 3 ? 'image' : 'input';
  graph.inputs.push({ name, type: tensorType('float', ['batch', ...input]) });
  const writer = new Writer(createBuilder(graph), seed === undefined ? undefined : createRng(seed));
  const { value, shape } = writer.all(layers, { value: name, shape: input });
  const last = graph.producer(value);
  if (!last)
    throw new PareError('architecture', 'The layers compute nothing.', {
      hint: 'End with a layer such as `dense 10`.',
    });
  graph.update(last, { outputs: last.outputs.map((output) => (output === value ? 'scores' : output)) });
  graph.outputs.push({ name: 'scores', type: tensorType('float', ['batch', ...shape]) });
  return createModel(graph, 18);
}

class Writer {
  readonly #build: Builder;
  readonly #rng: Rng | undefined;
  #parameters = 0;
  readonly #counts = new Map<string, number>();

  constructor(build: Builder, rng: Rng | undefined) {
    this.#build = build;
    this.#rng = rng;
  }

  all(layers: readonly LayerText[], input: Tail): Tail {
    return layers.reduce(
      (tail, layer) => (typeof layer === 'string' ? this.#layer(layer, tail) : this.#residual(layer, tail)),
      input,
    );
  }

  #layer(text: string, input: Tail): Tail {
    const [word = '', ...rest] = text
      .trim()
      .toLowerCase()
      .replace(/(\d)\s*%/g, '$1%')
      .split(/\s+/);
    const kind = layerKinds.find(({ name }) => name === word);
    if (!kind) {
      const names = layerKinds.map(({ name }) => name);
      const meant = didYouMean(word, names);
      throw new PareError(
        'architecture',
        `There is no layer '${word}'.${meant ? ` Did you mean '${meant}'?` : ''}`,
        { hint: `Layers are ${names.join(', ')}.`, place: { name: text } },
      );
    }
    const words = wordsOf(kind, rest, text);
    const name = this.#name(word);
    const output = kind.build(words, {
      build: this.#build,
      draw: this.#draw.bind(this),
      weight: (part, dims, values) => this.#build.tensor(tensor(`${name}.${part}`, 'float', dims, values)),
      input,
      name,
    });
    words.done();
    return output;
  }

  #residual({ residual, activation }: Exclude<LayerText, string>, input: Tail): Tail {
    const inner = this.all(residual, input);
    const shortcut = this.#shortcut(input, inner);
    const sum: Tail = {
      value: this.#build.op('Add', [inner.value, shortcut.value], {}, { name: this.#name('add') }),
      shape: inner.shape,
    };
    return activation === undefined ? sum : this.#layer(activation, sum);
  }

  /** The way around a block: as it is, or a 1x1 convolution that brings it to the block's shape. */
  #shortcut(input: Tail, inner: Tail): Tail {
    if (String(input.shape) === String(inner.shape)) return input;
    const stride = Math.ceil(input.shape[1]! / inner.shape[1]!);
    const projected = this.#layer(`conv ${inner.shape[0]} 1x1 stride ${stride} batchnorm`, input);
    if (String(projected.shape) !== String(inner.shape)) {
      throw new PareError(
        'architecture',
        `A residual block turns [${input.shape}] into [${inner.shape}], which no shortcut follows.`,
        { hint: 'Use `same` convolutions, and a stride in one of them at most.' },
      );
    }
    return projected;
  }

  #name(kind: string): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return `${kind}${count}`;
  }

  #draw(count: number, fanIn: number, rectified: boolean): Float32Array {
    this.#parameters += count;
    if (this.#parameters > maximalParameters)
      throw new PareError('architecture', `The network has more than ${maximalParameters} parameters.`, {
        hint: 'Pare trains on one machine: make layers narrower.',
      });
    const deviation = Math.sqrt((rectified ? 2 : 1) / fanIn);
    const rng = this.#rng;
    return rng
      ? Float32Array.from({ length: count }, () => rng.normal() * deviation)
      : new Float32Array(count);
  }
}
