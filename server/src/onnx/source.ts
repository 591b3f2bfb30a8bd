import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type Blob, type ExternalLocation, memoryBlob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';

/** Random access to the bytes of a model: a buffer, or a file that is read where it is looked at. */
export interface Source {
  readonly size: number;
  /** A window that holds at least `length` bytes from `offset`; the bytes are valid until the next call. */
  readonly window: (
    offset: number,
    length: number,
  ) => { readonly bytes: Uint8Array; readonly offset: number };
  /** The bytes as a blob that outlives this source. */
  readonly blob: (offset: number, length: number) => Blob;
  readonly close: () => void;
}

/** A model in memory. A Node `Buffer` is seen as a plain array, whose `slice` copies. */
export function memorySource(given: Uint8Array): Source {
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  return {
    size: bytes.byteLength,
    window: () => ({ bytes, offset: 0 }),
    blob: (offset, length) => memoryBlob(bytes.subarray(offset, offset + length)),
    close: () => {},
  };
}

const windowBytes = 1 << 16;
/** Blobs up to this size are read at once: most are shapes and biases, and a look at the file for each would be slow. */
const eagerBytes = 1 << 10;

/** Reads a file in windows of 64 KiB; large tensors stay in the file until they are read. Close it after reading the model. */
export function fileSource(path: string): Source {
  const file = openSync(path, 'r');
  const size = fstatSync(file).size;
  let window: ReturnType<Source['window']> = { bytes: new Uint8Array(0), offset: 0 };
  const read: Source['window'] = (offset, length) => {
    if (offset >= window.offset && offset + length <= window.offset + window.bytes.byteLength) return window;
    window = {
      bytes: readFile(file, path, offset, Math.min(Math.max(length, windowBytes), size - offset)),
      offset,
    };
    return window;
  };
  return {
    size,
    window: read,
    blob: (offset, length) => {
      if (length > eagerBytes) return fileBlob(path, offset, length);
      const at = read(offset, length);
      const bytes = at.bytes.slice(offset - at.offset, offset - at.offset + length);
      return { ...memoryBlob(bytes), file: { path, offset } };
    },
    close: () => closeSync(file),
  };
}

/** A part of a file; it is opened for each read, so that no handle keeps the file locked. */
export function fileBlob(path: string, offset: number, size: number, external?: ExternalLocation): Blob {
  const read: Blob['read'] = (start = 0, end = size) => {
    const handle = openSync(path, 'r');
    try {
      return readFile(handle, path, offset + start, end - start);
    } finally {
      closeSync(handle);
    }
  };
  const file = { path, offset };
  return external ? { size, read, file, external } : { size, read, file };
}

function readFile(file: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, Math.min(length - done, 1 << 30), offset + done);
    if (count === 0) {
      throw new PareError('model-truncated', `'${path}' ends at byte ${offset + done}, before its data do.`, {
        hint: 'The file is cut off or was changed while it was read: copy or export it again.',
        place: { file: path },
      });
    }
    done += count;
  }
  return bytes;
}
