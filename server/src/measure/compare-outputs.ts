import { PareError } from '../base/errors.ts';
import { createRng } from '../base/rng.ts';
import { isFloat } from '../ir/data-type.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { NumericArray } from '../ir/tensor.ts';
import type { Session, SessionValue } from '../steps/runner.ts';

export interface OutputDifference {
  readonly output: string;
  /** Largest absolute difference, and largest magnitude of the first model's output, for scale. */
  readonly largest: number;
  readonly magnitude: number;
}

/**
 * Runs both models on the same random inputs (uniform in 0..1, unknown dimensions 1) and compares the outputs of the same
 * name or, where names differ, of the same place. Throws `not-comparable` when inputs or outputs do not match.
 */
export async function compareOutputs(
  before: Session,
  after: Session,
  rounds: number,
  seed: number,
): Promise<readonly OutputDifference[]> {
  const rng = createRng(seed);
  const worst = new Map<string, { largest: number; magnitude: number }>();
  for (let round = 0; round < rounds; round++) {
    const feeds = Object.fromEntries(
      before.inputs.map((input) => [input.name, randomInput(input, rng.next)]),
    );
    const renamed = Object.fromEntries(
      after.inputs.map((input, index) => [
        input.name,
        feeds[input.name] ?? feeds[before.inputs[index]?.name ?? ''] ?? fail(`input '${input.name}'`),
      ]),
    );
    const [first, second] = [await before.run(feeds), await after.run(renamed)];
    for (const [index, { name }] of before.outputs.entries()) {
      const [a, b] = [first[name], second[name] ?? second[after.outputs[index]?.name ?? '']];
      if (!a || !b || a.data.length !== b.data.length) fail(`output '${name}'`);
      else note(worst, name, a, b);
    }
  }
  return [...worst].map(([output, difference]) => ({ output, ...difference }));
}

function note(
  worst: Map<string, { largest: number; magnitude: number }>,
  name: string,
  a: NdArray,
  b: NdArray,
): void {
  const known = worst.get(name) ?? { largest: 0, magnitude: 0 };
  const [x, y] = [a.data as NumericArray, b.data as NumericArray];
  for (let i = 0; i < x.length; i++) {
    const difference = Math.abs(Number(x[i]) - Number(y[i]));
    // NaN in one and not in the other is the largest difference there is.
    known.largest = Math.max(
      known.largest,
      Number.isNaN(difference) ? (Object.is(x[i], y[i]) ? 0 : Number.POSITIVE_INFINITY) : difference,
    );
    known.magnitude = Math.max(known.magnitude, Math.abs(Number(x[i])) || 0);
  }
  worst.set(name, known);
}

function randomInput({ type }: SessionValue, next: () => number): NdArray {
  const dims = (type.shape ?? []).map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 1));
  const count = dims.reduce((a, b) => a * b, 1);
  if (type.type === 'float')
    return { type: type.type, dims, data: Float32Array.from({ length: count }, next) };
  if (type.type === 'int64') return { type: type.type, dims, data: new BigInt64Array(count) };
  if (type.type === 'int32') return { type: type.type, dims, data: new Int32Array(count) };
  if (type.type === 'uint8' || type.type === 'bool')
    return {
      type: type.type,
      dims,
      data: Uint8Array.from({ length: count }, () => (type.type === 'bool' ? 0 : next() * 256)),
    };
  if (isFloat(type.type) && type.type === 'double')
    return { type: type.type, dims, data: Float64Array.from({ length: count }, next) };
  return fail(`an input of type ${type.type}`);
}

function fail(what: string): never {
  throw new PareError(
    'not-comparable',
    `The two models cannot be compared by running them: ${what} has no counterpart.`,
    { hint: 'Compare models with the same inputs and outputs.' },
  );
}
