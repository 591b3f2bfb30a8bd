import { readFileSync } from 'node:fs';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { batches } from './cases.ts';

/** What our side trains, as files, so that it can be told to another process too. */
export interface Job {
  /** The model. */
  readonly path: string;
  /** Of a sample. */
  readonly shape: readonly number[];
  readonly batch: number;
  /** Samples, float32 or (`tokens`) int64, and their classes, int32: raw, one after the other. */
  readonly x: string;
  readonly y: string;
  readonly tokens: boolean;
}

/** The samples and classes of a step, by its number from 0: batch after batch, round and round. */
export function batchesOf({
  shape,
  batch,
  x,
  y,
  tokens,
}: Job): (step: number) => readonly [NdArray, NdArray] {
  const [samples, classes] = [x, y].map((file) => new Uint8Array(readFileSync(file)).buffer);
  const dims = [batch, ...shape];
  const size = dims.reduce((a, b) => a * b, 1);
  return (step) => {
    const at = step % batches;
    return [
      tokens
        ? { type: 'int64', dims, data: new BigInt64Array(samples!, 8 * at * size, size) }
        : { type: 'float', dims, data: new Float32Array(samples!, 4 * at * size, size) },
      { type: 'int32', dims: [batch], data: new Int32Array(classes!, 4 * at * batch, batch) },
    ];
  };
}
