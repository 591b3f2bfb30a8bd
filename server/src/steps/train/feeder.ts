import { createRng } from '../../base/rng.ts';
import type { Batch, Dataset } from '../../data/dataset.ts';
import type { NdArray } from '../../ir/nd-array.ts';

export type Feeds = Readonly<Record<string, NdArray>>;

/** Batches of a training, reproducible: the order of an epoch follows from the seed and the epoch's number alone. */
export interface Feeder {
  readonly samples: number;
  readonly stepsPerEpoch: number;
  /** Batches of an epoch from a position on. */
  readonly epoch: (epoch: number, from?: number) => AsyncIterable<FedBatch>;
}

export interface FedBatch {
  readonly samples: number;
  readonly feeds: Feeds;
}

export interface FeederOptions {
  readonly dataset: Dataset;
  /** Which samples; all by default. */
  readonly indices?: readonly number[];
  readonly batch: number;
  /** Undefined: samples in their own order, for evaluation. */
  readonly seed?: number;
  /** Fills the last batch of an epoch with its first samples, so that all batches are of one size. */
  readonly whole?: boolean;
  /** What the graph is fed for a batch. `epoch` and the batch's `indices` are all that randomness may depend on. */
  readonly feed: (batch: Batch, epoch: number) => Feeds | Promise<Feeds>;
}

/**
 * A feeder that prepares a batch when it is asked for. It runs not ahead: onnxruntime-node computes in the thread that calls it,
 * so there is no time in which to do so (docs/architecture.md has what that costs).
 */
export function createFeeder(options: FeederOptions): Feeder {
  const { dataset, batch, seed, feed, whole = false } = options;
  const indices = options.indices ?? Array.from({ length: dataset.size }, (_, i) => i);
  return {
    samples: indices.length,
    stepsPerEpoch: Math.ceil(indices.length / batch),
    epoch: (epoch, from = 0) => {
      const order = Int32Array.from(indices);
      if (seed !== undefined) createRng(mixSeed(seed, epoch)).shuffle(order);
      const all = whole ? repeated(order, Math.ceil(order.length / batch) * batch) : order;
      return prepare(dataset.batches(batch, all.subarray(from * batch)), (item) => feed(item, epoch));
    },
  };
}

const repeated = (order: Int32Array, length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => order[i % order.length]!);

/** A seed that depends on both numbers, for streams that must not repeat one another. */
export function mixSeed(seed: number, salt: number): number {
  return (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(salt + 1, 0xc2b2ae35)) >>> 0;
}

async function* prepare(
  batches: AsyncIterable<Batch>,
  feed: (batch: Batch) => Feeds | Promise<Feeds>,
): AsyncGenerator<FedBatch> {
  for await (const batch of batches) yield { samples: batch.indices.length, feeds: await feed(batch) };
}
