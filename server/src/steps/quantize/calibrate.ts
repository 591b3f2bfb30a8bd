import { typeBytes } from '../../analysis/cost.ts';
import { inferShapes } from '../../analysis/shapes.ts';
import { Cancelled, PareError, RunFailed } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { feedsOf, inputsOf } from '../../data/feeds.ts';
import { int } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { tensorType } from '../../ir/value-type.ts';
import type { StepContext } from '../define.ts';
import {
  count,
  createHistogram,
  entropyRange,
  type Histogram,
  leastErrorRange,
  percentileRange,
} from './histogram.ts';
import type { Range } from './parameters.ts';

/** Samples that run at once, where the model lets us choose. */
const usualBatch = 32;
/** Values of one batch that are in memory at once. */
const portionBytes = 2 ** 27;

export interface Calibration {
  readonly data: Dataset;
  readonly samples: number;
  readonly seed: number;
  readonly method: CalibrationMethod;
}

/** How a range follows from the values seen: see `histogram.ts` for all but the first. */
export type CalibrationMethod =
  | { readonly name: 'minmax' | 'entropy' | 'mse' }
  /** `share` of the values, in 0..1, lies in the range. */
  | { readonly name: 'percentile'; readonly share: number };

type Context = Pick<StepContext, 'runner' | 'signal' | 'progress'>;

/**
 * The range of each value over the calibration samples. The first pass finds the least and the greatest number, which the
 * model itself reduces its values to; histograms are counted in a second pass. Memory grows neither with the number of samples
 * nor, beyond the histograms, with the number of values: those that would not fit together are fetched in several passes.
 * Errors: `model-inputs`, `calibration-not-finite`, `calibration-empty`.
 */
export async function measureRanges(
  model: Model,
  values: readonly string[],
  calibration: Calibration,
  context: Context,
): Promise<ReadonlyMap<string, Range>> {
  const extremes = await measureExtremes(model, values, calibration, context);
  const { method } = calibration;
  if (method.name === 'minmax') return extremes;
  const histograms = await countValues(model, extremes, calibration, context);
  return new Map([...histograms].map(([value, histogram]) => [value, chosenRange(histogram, method)]));
}

function chosenRange(histogram: Histogram, method: CalibrationMethod): Range {
  switch (method.name) {
    case 'minmax':
      return histogram.range;
    case 'percentile':
      return percentileRange(histogram, method.share);
    case 'entropy':
      return entropyRange(histogram);
    case 'mse':
      return leastErrorRange(histogram);
  }
}

async function measureExtremes(
  model: Model,
  values: readonly string[],
  calibration: Calibration,
  context: Context,
): Promise<ReadonlyMap<string, Range>> {
  const copy = cloneModel(model);
  const build = createBuilder(copy.graph, undefined, 'calibration_');
  const reduce = (op: string, value: string) => build.op(op, [value], { keepdims: int(0) });
  const reduced = values.map((value) => ({
    value,
    min: reduce('ReduceMin', value),
    max: reduce('ReduceMax', value),
  }));
  const names = reduced.flatMap(({ min, max }) => [min, max]);
  const ranges = new Map(
    values.map((value) => [value, { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }]),
  );
  const done = await runAll(
    withOutputs(copy, names),
    names,
    calibration,
    context,
    'calibrating',
    (outputs) => {
      for (const { value, min, max } of reduced) {
        const range = ranges.get(value)!;
        range.min = Math.min(range.min, Number(outputs[min]!.data[0]));
        range.max = Math.max(range.max, Number(outputs[max]!.data[0]));
      }
    },
  );
  if (done === 0) throw noSamples(fixedBatch(model));
  for (const [value, { min, max }] of ranges)
    if (!Number.isFinite(min) || !Number.isFinite(max)) throw notFinite(value);
  return ranges;
}

async function countValues(
  model: Model,
  extremes: ReadonlyMap<string, Range>,
  calibration: Calibration,
  context: Context,
): Promise<ReadonlyMap<string, Histogram>> {
  const histograms = new Map([...extremes].map(([value, range]) => [value, createHistogram(range)]));
  const open = withOutputs(cloneModel(model), [...extremes.keys()]);
  const portions = portionsOf(model, [...extremes.keys()], calibration.data);
  for (const [index, portion] of portions.entries()) {
    const what =
      portions.length > 1 ? `counting values, part ${index + 1} of ${portions.length}` : 'counting values';
    await runAll(open, portion, calibration, context, what, (outputs) => {
      for (const value of portion) count(histograms.get(value)!, outputs[value]!.data as Float32Array);
    });
  }
  return histograms;
}

/** Values that are fetched together: as many as fit. */
function portionsOf(
  model: Model,
  values: readonly string[],
  { sampleShape, furtherShapes = {} }: Dataset,
): string[][] {
  const batch = fixedBatch(model) ?? usualBatch;
  const types = inferShapes(
    model,
    new Map(
      inputsOf(model).map(({ name, type }) => [
        name,
        tensorType(type.type, [batch, ...(furtherShapes[name] ?? sampleShape)]),
      ]),
    ),
  ).types;
  const portions: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const type = types.get(value);
    const size = type?.kind === 'tensor' ? typeBytes(type) : 0;
    if (bytes + size > portionBytes) {
      portions.push([]);
      bytes = 0;
    }
    portions.at(-1)!.push(value);
    bytes += size;
  }
  return portions;
}

/** Runs all calibration batches and hands on the values named, the input among them; returns the number of samples. */
async function runAll(
  model: Model,
  fetch: readonly string[],
  calibration: Calibration,
  { runner, signal, progress }: Context,
  what: string,
  see: (outputs: Readonly<Record<string, NdArray>>) => void,
): Promise<number> {
  const inputs = inputsOf(model);
  const computed = fetch.filter((name) => !inputs.some((input) => input.name === name));
  const session = await runner.open(model);
  let done = 0;
  try {
    for await (const batch of calibrationBatches(fixedBatch(model), calibration)) {
      if (signal.aborted) throw new Cancelled();
      const feeds = feedsOf(batch, inputs);
      see({ ...feeds, ...(computed.length > 0 ? await session.run(feeds, computed) : {}) });
      done += batch.indices.length;
      progress(done, Math.min(calibration.samples, calibration.data.size), what);
    }
  } finally {
    await session.close();
  }
  return done;
}

/** The model with further outputs; the model's own ones that are among them stay as they are. */
function withOutputs(model: Model, names: readonly string[]): Model {
  const { graph } = model;
  const added = names.filter((name) => !graph.isOutput(name) && !graph.isInput(name));
  graph.outputs.push(...added.map((name) => ({ name, type: tensorType('float') })));
  return model;
}

/** Samples chosen by the seed, in the data's own order; a batch that the model's fixed batch size does not take is left out. */
async function* calibrationBatches(fixed: number | undefined, { data, samples, seed }: Calibration) {
  const indices = createRng(seed).shuffle(Uint32Array.from({ length: data.size }, (_, i) => i));
  const chosen = indices.subarray(0, samples).sort();
  for await (const batch of data.batches(fixed ?? usualBatch, chosen))
    if (fixed === undefined || batch.indices.length === fixed) yield batch;
}

/** The batch that the model insists on. */
function fixedBatch(model: Model): number | undefined {
  const batch = inputsOf(model)[0]?.type.shape?.[0];
  return typeof batch === 'number' ? batch : undefined;
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
