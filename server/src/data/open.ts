import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { PareError } from '../base/errors.ts';
import type { Shape } from '../ir/dim.ts';
import { dataError } from './data-error.ts';
import type { Batch, Dataset } from './dataset.ts';
import { describeDataset, readShape } from './facts.ts';
import { filesOf } from './files.ts';
import { readFurther, type WantedInputs } from './further-inputs.ts';
import { normalizedChannels, type SampleData, sampleWriter } from './normalize.ts';
import { layoutOf } from './sample-layout.ts';
import { readSamples } from './samples.ts';
import type { DataSource } from './source.ts';
import { readTargets } from './targets.ts';
import { textFeeds } from './text.ts';
import { textInputs } from './text-inputs.ts';

/**
 * Opens a data set: samples as they are stored stay in memory, each batch is converted when it is asked for. Paths are
 * relative to `folder`. `sampleShape` is the shape of one sample that the model wants, without the batch; unknown
 * dimensions are taken from the data. `inputs` has all inputs of the model, where it has several.
 * Errors: `file-missing`, `file-unreadable`, `data-format`, `data-truncated`, `data-too-large`, `data-empty`, `data-labels`,
 * `data-shape`, `data-normalize`, `data-nan`, `data-inputs`, `data-targets`,
 * `data-tokenizer`.
 */
export async function openDataset(
  source: DataSource,
  folder: string,
  sampleShape?: Shape,
  inputs?: WantedInputs,
): Promise<Dataset> {
  const file = resolve(folder, source.images);
  const files = filesOf(source, folder);
  const facts = describeDataset(source, folder);
  if (facts.labels !== undefined && facts.labels !== facts.samples)
    throw dataError(
      'data-labels',
      `There are ${facts.samples} samples in '${file}' but ${facts.labels} labels in '${files.at(-1)}'.`,
      files.at(-1)!,
      'Give the labels that belong to these samples.',
    );
  const size = Math.min(facts.samples, source.limit ?? facts.samples);
  if (size === 0 || facts.sampleShape.includes(0))
    throw dataError(
      'data-empty',
      `'${file}' holds no samples.`,
      file,
      'Give a file with at least one sample.',
    );
  const stored = readShape(facts, sampleShape);
  const layout = layoutOf(stored, sampleShape, normalizedChannels(source.normalize), file);
  const {
    data,
    lengths,
    labels,
    classNames,
    content,
    targets: columns,
  } = await readSamples(source, folder, size, stored);
  const elements = layout.channels * layout.inner;
  requireFinite(data, elements, file);
  const write = sampleWriter(data, layout, source.normalize);
  const derived = lengths
    ? textInputs.filter((name) => inputs?.has(name) && !(name in (source.inputs ?? {})))
    : [];
  const further = await readFurther(source, folder, size, inputs);
  const targets = source.targets && (await readTargets(source, folder, size, columns));
  const hash = createHash('sha256')
    .update(
      JSON.stringify([
        content,
        source.normalize,
        size,
        layout.shape,
        source.classes ?? null,
        ...(further.content.length > 0 ? [further.content, further.shapes] : []),
        ...(targets ? [targets.content, targets.shapes] : []),
      ]),
    )
    .digest('hex');

  function read(indices: readonly number[]): Batch {
    const out = new Float32Array(indices.length * elements);
    for (const [row, sample] of indices.entries()) write(sample, out, row * elements);
    return {
      input: { type: 'float', dims: [indices.length, ...layout.shape], data: out },
      further: {
        ...further.read(indices),
        ...(lengths ? textFeeds(derived, lengths, elements, indices) : {}),
      },
      ...(targets ? { targets: targets.read(indices) } : {}),
      labels: labels && Int32Array.from(indices, (sample) => labels[sample]!),
      indices,
    };
  }

  return {
    size,
    sampleShape: layout.shape,
    furtherShapes: { ...further.shapes, ...Object.fromEntries(derived.map((name) => [name, [elements]])) },
    ...(targets ? { targetShapes: targets.shapes } : {}),
    classes: labels && (classNames?.length ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1),
    classNames,
    hash,
    batches: (batch, picked) => inBatches(size, batch, picked, read),
  };
}

async function* inBatches(
  size: number,
  batch: number,
  picked: ArrayLike<number> | undefined,
  read: (indices: readonly number[]) => Batch,
): AsyncGenerator<Batch> {
  if (!(Number.isInteger(batch) && batch > 0))
    throw new PareError('bad-batch', `A batch has one or more samples, not ${batch}.`, { hint: 'Use 64.' });
  const total = picked?.length ?? size;
  for (let start = 0; start < total; start += batch) {
    const indices = Array.from({ length: Math.min(batch, total - start) }, (_, i) =>
      picked ? picked[start + i]! : start + i,
    );
    const outside = indices.find((index) => !(index >= 0 && index < size));
    if (outside !== undefined) throw new RangeError(`sample ${outside} of a data set of ${size}`);
    yield read(indices);
  }
}

function requireFinite(data: SampleData, elements: number, file: string): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  for (let at = 0; at < data.length; at++) {
    if (Number.isFinite(data[at])) continue;
    throw dataError(
      'data-nan',
      `Sample ${Math.floor(at / elements)} of '${file}' holds ${data[at]} at element ${at % elements}.`,
      file,
      'Remove such samples, or replace what is missing.',
    );
  }
}
