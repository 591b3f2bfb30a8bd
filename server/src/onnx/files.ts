import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { messageOf, PareError } from '../base/errors.ts';
import type { Model } from '../ir/model.ts';
import type { Tensor } from '../ir/tensor.ts';
import { readModel } from './read.ts';
import type { ExternalResolver } from './read-tensor.ts';
import { fileBlob, fileSource } from './source.ts';
import { type Placement, writeModel } from './write.ts';

/**
 * Opens a model file. Only its structure is read; constants are read from the file when they are used.
 * Errors: `file-missing`, `not-a-model`, `model-truncated`, `model-damaged`, `external-outside`, `external-missing`.
 */
export function openModel(path: string): Model {
  const source = open(path);
  try {
    return readModel(source, externalIn(dirname(resolve(path))));
  } catch (error) {
    if (error instanceof PareError && !error.place?.file)
      throw new PareError(error.code, error.message, {
        ...(error.hint ? { hint: error.hint } : {}),
        place: { ...error.place, file: path },
      });
    throw error;
  } finally {
    source.close();
  }
}

function open(path: string) {
  try {
    if (!statSync(path).isFile()) throw new Error('it is no file');
    return fileSource(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new PareError(
      missing ? 'file-missing' : 'file-unreadable',
      missing ? `There is no file '${path}'.` : `'${path}' cannot be read: ${messageOf(error)}.`,
      {
        hint: 'Check the path; a path in a recipe is relative to the recipe.',
        place: { file: path },
      },
    );
  }
}

/** Finds external data inside `folder` alone: a path that leaves it, by `..`, an absolute path or a link, is refused. */
export function externalIn(folder: string): ExternalResolver {
  return (name, entries, size) => {
    const location = entries.get('location') ?? '';
    const offset = Number(entries.get('offset') ?? 0);
    const length = Number(entries.get('length') ?? size);
    const path = resolve(folder, location);
    const refuse = (real: string) =>
      new PareError(
        'external-outside',
        `Tensor '${name}' wants data from '${location}', outside of the model's folder.`,
        {
          hint: 'Pare never follows such a path: move the data beside the model and export it again.',
          place: { name, file: real },
        },
      );
    if (location === '' || isAbsolute(location) || !isInside(folder, path)) throw refuse(path);
    const found = statOf(path);
    if (!found?.isFile()) {
      throw new PareError(
        'external-missing',
        `The data of tensor '${name}' should lie in '${location}' beside the model, which is not there.`,
        {
          hint: `Put '${location}' into the model's folder.`,
          place: { name, file: path },
        },
      );
    }
    if (!isInside(realpathSync(folder), realpathSync(path))) throw refuse(path);
    const available = found.size;
    if (!(Number.isSafeInteger(offset) && offset >= 0 && length === size && offset + length <= available)) {
      throw new PareError(
        'external-size',
        `The data of tensor '${name}' should be bytes ${offset} to ${offset + size} of '${location}', which has ${available}; the model says ${length} bytes.`,
        {
          hint: 'The data file does not belong to this model, or is cut off.',
          place: { name, file: path },
        },
      );
    }
    return fileBlob(path, offset, size, { location, offset });
  };
}

/** Undefined for what is not there or cannot be there, such as a name that the file system does not take. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Protocol buffers end at 2 GiB. */
const largestFile = 2 ** 31 - 1;
/** Tensors below this size stay in the model file even when the rest goes beside it. */
const smallestExternal = 1024;

export interface SaveOptions {
  /** Put constants into `<name>.data` beside the model; by default only when the file would exceed 2 GiB. */
  readonly external?: boolean;
}

/**
 * Writes a model to a temporary file and renames it, so that a crash or a full disk leaves no half-written file.
 * Never call it with the path of a source model. Returns the bytes written, external data included.
 * Errors: `cannot-write`.
 */
export function saveModel(model: Model, path: string, options: SaveOptions = {}): number {
  const external = options.external ?? writeModel(model).size > largestFile;
  if (!external) return writeAtomically(path, writeModel(model).chunks());
  const location = `${basename(path)}.data`;
  const beside = placeBeside(location, smallestExternal);
  const message = writeModel(model, beside.place);
  const data = writeAtomically(join(dirname(path), location), beside.chunks());
  return data + writeAtomically(path, message.chunks());
}

/** Collects tensors of `smallest` bytes and more for one file beside the model: `place` first, then `chunks` is the file. */
export function placeBeside(location: string, smallest: number) {
  const parts: Tensor[] = [];
  let end = 0;
  const place: Placement = (tensor) => {
    if (tensor.data.size < smallest) return undefined;
    const offset = alignedEnd(end);
    parts.push(tensor);
    end = offset + tensor.data.size;
    return new Map([
      ['location', location],
      ['offset', String(offset)],
      ['length', String(tensor.data.size)],
    ]);
  };
  return { place, size: () => end, chunks: () => aligned(parts) };
}

/** Tensors begin at multiples of 4 KiB, so that a runtime can map each of them. */
const alignedEnd = (end: number): number => Math.ceil(end / 4096) * 4096;

function* aligned(parts: readonly Tensor[]): Generator<Uint8Array> {
  let end = 0;
  for (const { data } of parts) {
    const padding = alignedEnd(end) - end;
    if (padding > 0) yield new Uint8Array(padding);
    for (let at = 0; at < data.size; at += 1 << 24) yield data.read(at, Math.min(data.size, at + (1 << 24)));
    end += padding + data.size;
  }
}

/** Writes chunks to a temporary file in the same folder, syncs and renames. Makes the folder. Throws `cannot-write`. */
export function writeAtomically(path: string, chunks: Iterable<Uint8Array>): number {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'w');
    try {
      for (const chunk of chunks)
        for (let at = 0; at < chunk.byteLength; ) at += writeSync(file, chunk, at, chunk.byteLength - at);
      fsyncSync(file);
      const { size } = fstatSync(file);
      closeSync(file);
      renameSync(temporary, path);
      return size;
    } catch (error) {
      try {
        closeSync(file);
      } catch {
        // Closed already.
      }
      rmSync(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    if (error instanceof PareError) throw error;
    throw new PareError('cannot-write', `'${path}' cannot be written: ${messageOf(error)}.`, {
      hint: 'Check that the folder exists, that you may write there, and that the disk is not full.',
      place: { file: path },
    });
  }
}
