import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { buildArchitecture } from '../architecture/build.ts';
import type { Architecture } from '../architecture/schema.ts';
import { PareError } from '../base/errors.ts';
import { type DatasetFacts, type DescribedSource, describeDataset } from '../data/facts.ts';
import { filesOf } from '../data/files.ts';
import { openModel } from '../onnx/files.ts';
import type { ModelContext } from './define.ts';
import { modelContext } from './model-context.ts';

/** What is known of the files that recipes name. Each version of a file is read once. */
export interface FileFacts {
  /** The model's structure with shapes and costs, or why it cannot be had. */
  readonly model: (path: string) => ModelContext | PareError;
  /** A network that a recipe writes out, built with drawn weights, or what is wrong with it. */
  readonly architecture: (architecture: Architecture) => ModelContext | PareError;
  /** The heads of a data set's files, whose paths are relative to `folder`, or why they cannot be had. */
  readonly dataset: (source: DescribedSource, folder: string) => DatasetFacts | PareError;
}

interface Entry<T> {
  readonly stamps: ReadonlyMap<string, string>;
  readonly value: T;
}

/** Models are kept while they are in use: so many at most. */
const kept = 16;

/**
 * A cache by path, size and time of change; data files that a model refers to count too. Errors are not kept, since what
 * mends them may lie elsewhere.
 */
export function createFileFacts(): FileFacts {
  const models = new Map<string, Entry<ModelContext>>();
  const networks = new Map<string, ModelContext | PareError>();
  const datasets = new Map<string, Entry<DatasetFacts>>();
  return {
    dataset: (source, folder) => {
      const files = filesOf(source, folder);
      const { images, labels, inputs, targets, size, length, text, tokenizer, limit, classes } = source;
      const key = JSON.stringify([
        folder,
        images,
        labels,
        inputs,
        targets,
        size,
        length,
        text,
        tokenizer,
        limit,
        classes,
      ]);
      return cached(datasets, key, files[0]!, () => ({ value: describeDataset(source, folder), files }));
    },
    architecture: (architecture) => {
      const key = JSON.stringify(architecture);
      const known = networks.get(key) ?? attempt(() => modelContext(buildArchitecture(architecture, 1)));
      networks.clear();
      networks.set(key, known);
      return known;
    },
    model: (path) =>
      cached(models, path, path, () => {
        const context = modelContext(openModel(path));
        return { value: context, files: [path, ...externalFiles(context, path)] };
      }),
  };
}

/** The value of a key from the cache where no file of it has changed; else made anew. */
function cached<T>(
  entries: Map<string, Entry<T>>,
  key: string,
  path: string,
  make: () => { readonly value: T; readonly files: Iterable<string> },
): T | PareError {
  const entry = entries.get(key);
  if (entry && [...entry.stamps].every(([file, stamp]) => stampOf(file) === stamp)) {
    entries.delete(key);
    entries.set(key, entry);
    return entry.value;
  }
  entries.delete(key);
  const before = stampOf(path);
  return attempt(() => {
    const { value, files } = make();
    const stamps = new Map([...new Set(files)].map((file) => [file, file === path ? before : stampOf(file)]));
    entries.set(key, { stamps, value });
    for (const oldest of [...entries.keys()].slice(0, Math.max(0, entries.size - kept)))
      entries.delete(oldest);
    return value;
  });
}

/** What `make` gives, or the error that it says is the user's. */
function attempt<T>(make: () => T): T | PareError {
  try {
    return make();
  } catch (error) {
    if (error instanceof PareError) return error;
    throw error;
  }
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.size} ${stats.mtimeMs} ${stats.ino}` : 'none';
}

function* externalFiles({ model }: ModelContext, path: string): Iterable<string> {
  for (const { data } of model.graph.initializers.values())
    if (data.external) yield resolve(dirname(path), data.external.location);
}
