import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { constantsOf } from '../ir/constants.ts';
import { bytesOnDisk } from '../measure/bytes-on-disk.ts';
import { openModel } from '../onnx/files.ts';

/** The files that make up a model: itself, and the external data beside it. */
export function filesOf(path: string, { graph } = openModel(path)): readonly string[] {
  const beside = new Set(
    [...constantsOf(graph)].flatMap(({ data }) =>
      data.external ? [resolve(dirname(path), data.external.location)] : [],
    ),
  );
  return [path, ...beside];
}

/** Bytes of a model on disk, external data included. */
export const fileBytes = (path: string): number => bytesOnDisk(openModel(path), path);

/** SHA-256 of a model, external data included: what a produced model names as its source. */
export function modelHash(path: string, model = openModel(path)): string {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(1 << 20);
  for (const name of filesOf(path, model)) {
    const file = openSync(name, 'r');
    try {
      for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer))
        hash.update(buffer.subarray(0, count));
    } finally {
      closeSync(file);
    }
  }
  return hash.digest('hex');
}
