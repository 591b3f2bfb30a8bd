import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../ir/model.ts';
import { saveModel, writeAtomically } from '../onnx/files.ts';

/** Gives `use` the path of the model: its own, or that of a temporary file that is gone afterwards. */
export async function withModelFile<T>(
  model: Model | Uint8Array | { readonly path: string },
  use: (path: string) => Promise<T>,
): Promise<T> {
  if ('path' in model) return use(model.path);
  const folder = mkdtempSync(join(tmpdir(), 'pare-'));
  try {
    const path = join(folder, 'model.onnx');
    if (model instanceof Uint8Array) writeAtomically(path, [model]);
    else saveModel(model, path);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
