import { PareError } from '../base/errors.ts';
import { toFloat16 } from '../base/float16.ts';
import type { Dim } from '../ir/dim.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { Session, SessionValue } from '../steps/runner.ts';

/** The one input that samples go into. Throws `model-inputs` when the model has several, or none. */
export function sampleInput(session: Pick<Session, 'inputs'>): SessionValue {
  const [input] = session.inputs;
  if (!input || session.inputs.length > 1)
    throw new PareError(
      'model-inputs',
      `The model has ${session.inputs.length} inputs${input ? ` (${session.inputs.map(({ name }) => name).join(', ')})` : ''}; samples go into exactly one.`,
      { hint: 'Give the model one input: make the others constants.' },
    );
  return input;
}

/** The batch that the model insists on, or undefined when any will do. */
export function fixedBatch(input: SessionValue): number | undefined {
  const dim: Dim | undefined = input.type.shape?.[0];
  return typeof dim === 'number' && dim > 0 ? dim : undefined;
}

/** Samples as the model's element type. Integers are rounded, and kept within their type's range. Throws `input-type` for types that hold no numbers. */
export function toInputType(input: NdArray, { name, type: { type } }: SessionValue): NdArray {
  if (type === input.type) return input;
  const values = input.data as Float32Array;
  const within = (low: number, high: number) => (value: number) =>
    Math.min(high, Math.max(low, Math.round(value)));
  const make = {
    float16: () => Uint16Array.from(values, toFloat16),
    double: () => Float64Array.from(values),
    uint8: () => Uint8Array.from(values, within(0, 255)),
    int8: () => Int8Array.from(values, within(-128, 127)),
    int32: () => Int32Array.from(values, within(-(2 ** 31), 2 ** 31 - 1)),
    int64: () => BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value)))),
  }[type as string];
  if (!make)
    throw new PareError('input-type', `Input '${name}' takes ${type}, which samples cannot be turned into.`, {
      hint: 'Export the model with a float input.',
      place: { name },
    });
  return { type, dims: input.dims, data: make() };
}

/** A batch with its last sample repeated until there are `size`. */
export function padBatch({ type, dims, data }: NdArray, size: number): NdArray {
  const [samples, ...shape] = dims as readonly [number, ...number[]];
  if (samples >= size) return { type, dims, data };
  const values = data as Float32Array;
  const each = values.length / samples;
  const padded = new (values.constructor as Float32ArrayConstructor)(each * size);
  padded.set(values);
  for (let row = samples; row < size; row++) padded.set(values.subarray((samples - 1) * each), row * each);
  return { type, dims: [size, ...shape], data: padded };
}
