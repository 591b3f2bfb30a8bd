import type { Builder } from '../ir/builder.ts';

/** A kind of layer of the architecture language: the words that it takes and the nodes that it writes. */
export interface LayerKind {
  readonly name: string;
  /** How it is written, for errors and docs: `conv CHANNELS KxK [stride N] [same] [batchnorm] [ACTIVATION]`. */
  readonly usage: string;
  readonly summary: string;
  readonly build: (words: Words, context: LayerContext) => Tail;
}

export interface LayerContext {
  readonly build: Builder;
  /**
   * Draws weights for products of `fanIn` inputs: normal, variance 2 / fan-in where a rectifier follows (He et al. 2015), else
   * 1 / fan-in (LeCun). Throws `architecture` before taking memory for a network beyond reason.
   */
  readonly draw: (count: number, fanIn: number, rectified: boolean) => Float32Array;
  /** Adds a weight of the layer, `PART` of `LAYER.PART`, which no other layer shares even where it starts from the same values. */
  readonly weight: (part: string, dims: readonly number[], values: Float32Array) => string;
  /** What comes in: its value and the shape of one sample. */
  readonly input: Tail;
  /** Name of the layer, unique: prefix of its nodes and weights. */
  readonly name: string;
}

/** A value under construction and the shape of one sample of it. */
export interface Tail {
  readonly value: string;
  readonly shape: readonly number[];
}

/** The words of a layer after its kind; each kind takes what it knows, and what is left over is an error. */
export interface Words {
  /** Takes the next word when it is a positive integer. Throws `architecture` when there is none and no `fallback`. */
  readonly count: (what: string, fallback?: number) => number;
  /** Takes the next word when it is `3x3`, or `3` for a square. */
  readonly size: (what: string, fallback?: readonly [number, number]) => readonly [number, number];
  /** Takes the word wherever it stands; true when it was there. */
  readonly flag: (word: string) => boolean;
  /** Takes the word and the number after it. */
  readonly option: (word: string, fallback: number) => number;
  /** Takes the first of these words that is there. */
  readonly one: (words: readonly string[]) => string | undefined;
  /** Throws `architecture` for this layer. */
  readonly fail: (message: string) => never;
}

export function defineLayer(kind: LayerKind): LayerKind {
  return kind;
}
