import { PareError } from '../base/errors.ts';
import { toFloat16 } from '../base/float16.ts';
import type { Model } from '../ir/model.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { TensorType } from '../ir/value-type.ts';
import type { Batch } from './dataset.ts';

/** An input that a model has to be given. */
export interface ModelInput {
  readonly name: string;
  readonly type: TensorType;
}

/** The inputs that a caller has to give a model: tensors that are no initializers. */
export const inputsOf = ({ graph }: Model): readonly ModelInput[] =>
  graph.inputs.flatMap(({ name, type }) =>
    type?.kind === 'tensor' && !graph.initializers.has(name) ? [{ name, type }] : [],
  );

/**
 * What a model is fed for a batch, in the element types of its inputs: the batch's further arrays go to the inputs of their
 * names, the samples to the one that is left. What the model does not take is left out.
 * Errors: `model-inputs` when the data say nothing of some input, or the model has no input for the samples; `input-type`.
 */
export function feedsOf(batch: Batch, inputs: readonly ModelInput[]): Readonly<Record<string, NdArray>> {
  const further = batch.further ?? {};
  const [main, ...unfed] = inputs.filter(({ name }) => !(name in further));
  if (!main || unfed.length > 0) throw modelInputs(inputs, unfed);
  return Object.fromEntries(
    inputs.map((input) => [
      input.name,
      toInputType(input === main ? batch.input : further[input.name]!, input),
    ]),
  );
}

function modelInputs(inputs: readonly ModelInput[], unfed: readonly ModelInput[]): PareError {
  const names = (list: readonly ModelInput[]) => list.map(({ name }) => name).join(', ');
  return new PareError(
    'model-inputs',
    unfed.length > 0
      ? `The model has ${inputs.length} inputs (${names(inputs)}); the data say nothing of ${names(unfed)}.`
      : `The model has ${inputs.length === 0 ? 'no input' : `no input beside ${names(inputs)}`}; samples go into one.`,
    {
      hint: "Name a file of arrays for each further input under 'inputs' of the data, or make it a constant.",
    },
  );
}

/**
 * Values as the model's element type. Integers are rounded, and kept within their type's range. Throws `input-type` for types
 * that hold no numbers.
 */
export function toInputType(input: NdArray, { name, type: { type } }: ModelInput): NdArray {
  if (type === input.type) return input;
  const values = input.data as Float32Array | Float64Array;
  const within = (low: number, high: number) => (value: number) =>
    Math.min(high, Math.max(low, Math.round(value)));
  const make = {
    float: () => Float32Array.from(values),
    float16: () => Uint16Array.from(values, toFloat16),
    double: () => Float64Array.from(values),
    uint8: () => Uint8Array.from(values, within(0, 255)),
    int8: () => Int8Array.from(values, within(-128, 127)),
    int32: () => Int32Array.from(values, within(-(2 ** 31), 2 ** 31 - 1)),
    int64: () => BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value)))),
    bool: () => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
  }[type as string];
  if (!make)
    throw new PareError('input-type', `Input '${name}' takes ${type}, which samples cannot be turned into.`, {
      hint: 'Export the model with a float input.',
      place: { name },
    });
  return { type, dims: input.dims, data: make() };
}

/** Feeds with their last sample repeated until there are `size`. */
export function padFeeds(
  feeds: Readonly<Record<string, NdArray>>,
  size: number,
): Readonly<Record<string, NdArray>> {
  return Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, padded(value, size)]));
}

function padded({ type, dims, data }: NdArray, size: number): NdArray {
  const [samples, ...shape] = dims as readonly [number, ...number[]];
  if (samples >= size) return { type, dims, data };
  const values = data as Float32Array;
  const each = values.length / samples;
  const all = new (values.constructor as Float32ArrayConstructor)(each * size);
  all.set(values);
  for (let row = samples; row < size; row++) all.set(values.subarray((samples - 1) * each), row * each);
  return { type, dims: [size, ...shape], data: all };
}
