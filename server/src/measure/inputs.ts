import { PareError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { feedsOf, padFeeds } from '../data/feeds.ts';
import { elementCount } from '../ir/dim.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { NumericArray } from '../ir/tensor.ts';
import type { Session, SessionValue } from '../steps/runner.ts';
import { fixedBatch } from './fixed-batch.ts';

/**
 * Something to run the model on, for timing: the data set's first samples, or zeros where there is none or it does not
 * have something for every input. Dimensions that the model leaves open are 1, but the first, which is `batch`. Throws `input-type`,
 * `input-size`.
 */
export async function inputsFor(
  session: Pick<Session, 'inputs'>,
  batch: number,
  dataset?: Dataset,
): Promise<Readonly<Record<string, NdArray>>> {
  const given = Object.keys(dataset?.furtherShapes ?? {});
  const unnamed = session.inputs.filter(({ name }) => !given.includes(name));
  if (dataset && unnamed.length === 1) {
    const samples = fixedBatch(session) ?? batch;
    for await (const first of dataset.batches(Math.min(samples, dataset.size)))
      return padFeeds(feedsOf(first, session.inputs), samples);
  }
  return Object.fromEntries(session.inputs.map((value) => [value.name, zeros(value, batch)]));
}

/** Inputs of more elements are a mistake of the model file. */
const mostElements = 2 ** 30;

function zeros({ name, type: { type, shape = [] } }: SessionValue, batch: number): NdArray {
  const dims = shape.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? batch : 1));
  const count = elementCount(dims) as number;
  if (!(count <= mostElements))
    throw new PareError('input-size', `Input '${name}' has ${count} elements, too many to run.`, {
      place: { name },
    });
  if (type === 'string') return { type, dims, data: new Array<string>(count).fill('') };
  const data = makers[type as keyof typeof makers]?.(count);
  if (!data)
    throw new PareError('input-type', `Input '${name}' is no tensor that Pare can make up.`, {
      hint: 'Only models whose inputs are tensors can be timed.',
      place: { name },
    });
  return { type, dims, data };
}

const makers = {
  float: (count: number) => new Float32Array(count),
  double: (count: number) => new Float64Array(count),
  float16: (count: number) => new Uint16Array(count),
  int8: (count: number) => new Int8Array(count),
  uint8: (count: number) => new Uint8Array(count),
  bool: (count: number) => new Uint8Array(count),
  int16: (count: number) => new Int16Array(count),
  uint16: (count: number) => new Uint16Array(count),
  int32: (count: number) => new Int32Array(count),
  uint32: (count: number) => new Uint32Array(count),
  int64: (count: number) => new BigInt64Array(count),
  uint64: (count: number) => new BigUint64Array(count),
} as const satisfies Readonly<Record<string, (count: number) => NumericArray>>;
