import type { NdArray } from '../ir/nd-array.ts';

/** Samples in order, read in batches; nothing but the current batch has to be in memory. */
export interface Dataset {
  readonly size: number;
  /** Shape of one sample, without the batch. */
  readonly sampleShape: readonly number[];
  /** Shapes of one sample for a model's further inputs, by their names. */
  readonly furtherShapes?: Readonly<Record<string, readonly number[]>>;
  /** Shapes of one sample's targets, by the names of the model's outputs that they are for; undefined when there are none. */
  readonly targetShapes?: Readonly<Record<string, readonly number[]>>;
  /** Number of classes when the samples have integer labels, and their names when the data give them. */
  readonly classes: number | undefined;
  readonly classNames: readonly string[] | undefined;
  /** Hash of the files and of how they are read: part of a step's cache key. */
  readonly hash: string;
  /** Batches of up to `batch` samples. `indices` picks and orders samples; all in order by default. */
  readonly batches: (batch: number, indices?: ArrayLike<number>) => AsyncIterable<Batch>;
}

export interface Batch {
  /** First dimension is the number of samples. */
  readonly input: NdArray;
  /** Arrays for a model's further inputs, by their names; their first dimension is the number of samples, too. */
  readonly further?: Readonly<Record<string, NdArray>>;
  /** Targets by the names of outputs; their first dimension is the number of samples, too. */
  readonly targets?: Readonly<Record<string, NdArray>>;
  /** Class of each sample; undefined when the data have no labels. */
  readonly labels: Int32Array | undefined;
  /** Place of each sample in the dataset. */
  readonly indices: readonly number[];
}
