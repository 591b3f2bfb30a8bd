import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { constantsOf } from '../ir/constants.ts';
import type { Model } from '../ir/model.ts';

/** Bytes of the model's file and of every file beside it that holds its constants. */
export function bytesOnDisk(model: Model, path: string): number {
  const files = new Set([resolve(path)]);
  for (const graph of [model.graph, ...model.functions.map((item) => item.graph)])
    for (const { data } of constantsOf(graph))
      if (data.external) files.add(resolve(dirname(path), data.external.location));
  return [...files].reduce((total, file) => total + statSync(file).size, 0);
}
