/**
 * Bytes that may still lie in a file. `read` gives a view where the bytes are in memory and reads the file where they are
 * not; it caches nothing, so a caller that needs the bytes twice keeps them.
 */
export interface Blob {
  readonly size: number;
  /** The bytes from `start` (default 0) to `end` (default `size`). Throws `model-truncated` when the file has become shorter. */
  readonly read: (start?: number, end?: number) => Uint8Array;
  /** Set when the bytes lie outside of the model file (ONNX "external data"), relative to the model's folder. */
  readonly external?: ExternalLocation;
  /** Set when the bytes lie in a file, of whatever kind. */
  readonly file?: { readonly path: string; readonly offset: number };
}

export interface ExternalLocation {
  readonly location: string;
  readonly offset: number;
}

export const memoryBlob = (bytes: Uint8Array): Blob => ({
  size: bytes.byteLength,
  read: (start = 0, end = bytes.byteLength) => bytes.subarray(start, end),
});

/** Bytes made on first use and kept: for small data that has to be converted. */
export function lazyBlob(size: number, make: () => Uint8Array): Blob {
  let made: Uint8Array | undefined;
  return { size, read: (start = 0, end = size) => (made ??= make()).subarray(start, end) };
}
