import { Cancelled, PareError, RunFailed } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { int } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { shapeOf } from '../../ir/value-type.ts';
import type { StepContext } from '../define.ts';
import type { Range } from './parameters.ts';

/** Samples that run at once, where the model lets us choose. */
const usualBatch = 32;

export interface Calibration {
  readonly data: Dataset;
  readonly samples: number;
  readonly seed: number;
}

type Context = Pick<StepContext, 'runner' | 'signal' | 'progress'>;

/**
 * The least and the greatest number that each value takes over the calibration samples. The model itself reduces its values
 * to two numbers a batch, so memory does not grow with the number of values or samples.
 * Errors: `several-inputs`, `calibration-not-finite`, `calibration-empty`.
 */
export async function measureRanges(
  model: Model,
  values: readonly string[],
  calibration: Calibration,
  { runner, signal, progress }: Context,
): Promise<ReadonlyMap<string, Range>> {
  const input = onlyInput(model);
  const copy = cloneModel(model);
  const build = createBuilder(copy.graph, undefined, 'calibration_');
  const reduce = (op: string, value: string) => build.op(op, [value], { keepdims: int(0) });
  const reduced = values.map((value) => ({
    value,
    min: reduce('ReduceMin', value),
    max: reduce('ReduceMax', value),
  }));
  const names = reduced.flatMap(({ min, max }) => [min, max]);
  copy.graph.outputs.push(
    ...names.map((name) => ({ name, type: { kind: 'tensor', type: 'float' } as const })),
  );
  const session = await runner.open(copy);
  const ranges = new Map(
    values.map((value) => [value, { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }]),
  );
  let done = 0;
  try {
    for await (const batch of calibrationBatches(input.batch, calibration)) {
      if (signal.aborted) throw new Cancelled();
      const outputs = await session.run({ [input.name]: batch.input }, names);
      for (const { value, min, max } of reduced) {
        const range = ranges.get(value)!;
        range.min = Math.min(range.min, Number(outputs[min]!.data[0]));
        range.max = Math.max(range.max, Number(outputs[max]!.data[0]));
      }
      done += batch.indices.length;
      progress(done, Math.min(calibration.samples, calibration.data.size), 'calibrating');
    }
  } finally {
    await session.close();
  }
  if (done === 0) throw noSamples(input.batch);
  for (const [value, { min, max }] of ranges)
    if (!Number.isFinite(min) || !Number.isFinite(max)) throw notFinite(value);
  return ranges;
}

/** Samples chosen by the seed, in the data's own order; a batch that the model's fixed batch size does not take is left out. */
async function* calibrationBatches(fixed: number | undefined, { data, samples, seed }: Calibration) {
  const indices = createRng(seed).shuffle(Uint32Array.from({ length: data.size }, (_, i) => i));
  const chosen = indices.subarray(0, samples).sort();
  for await (const batch of data.batches(fixed ?? usualBatch, chosen))
    if (fixed === undefined || batch.indices.length === fixed) yield batch;
}

function onlyInput({ graph }: Model): { readonly name: string; readonly batch: number | undefined } {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const [input] = inputs;
  if (!input || inputs.length > 1) {
    throw new PareError(
      'several-inputs',
      `The model has ${inputs.length} inputs (${inputs.map(({ name }) => `'${name}'`).join(', ')}); calibration needs exactly one.`,
      {
        hint: 'Data sets give one input a sample so far. Export the model with its other inputs as constants.',
      },
    );
  }
  const batch = shapeOf(input.type)?.[0];
  return { name: input.name, batch: typeof batch === 'number' ? batch : undefined };
}

const notFinite = (value: string) =>
  new RunFailed('calibration-not-finite', `'${value}' is not a finite number for some calibration sample.`, {
    hint: 'Check how the data are normalized; a model that overflows in float cannot be quantized.',
    place: { name: value },
  });

const noSamples = (batch: number | undefined) =>
  new PareError('calibration-empty', 'There are too few samples to calibrate with.', {
    hint: batch
      ? `The model takes ${batch} samples at once: give at least as many.`
      : 'Give `data.train` some samples.',
  });
