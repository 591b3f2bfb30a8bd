import { existsSync } from 'node:fs';
import type { Model } from '../ir/model.ts';
import { openModel, saveModel } from '../onnx/files.ts';
import { modelProblems } from './check.ts';
import { modelContext } from './model-context.ts';

export interface Fixed {
  readonly model: Model;
  /** Titles of the fixes, in the order in which they were made. */
  readonly applied: readonly string[];
}

export interface FixOptions {
  /** Codes of what is to be mended; everything by default. */
  readonly codes?: readonly string[] | undefined;
  /** False where large weights must not be read to find problems; true by default. */
  readonly readWeights?: boolean;
}

/** A model with all problems mended that have a fix: one fix may make another one needless. */
export function fixModel(model: Model, { codes, readWeights = true }: FixOptions = {}): Fixed {
  const applied: string[] = [];
  let fixed = model;
  // Each fix is tried once, so that one that does not mend its problem ends.
  const tried = new Set<string>();
  for (;;) {
    const problem = modelProblems(modelContext(fixed, { readsWeights: readWeights }), '').find(
      ({ code, message, modelFix }) =>
        modelFix && (!codes || codes.includes(code)) && !tried.has(`${code} ${message}`),
    );
    if (!problem?.modelFix) return { model: fixed, applied };
    tried.add(`${problem.code} ${problem.message}`);
    fixed = problem.modelFix.apply(fixed);
    applied.push(problem.modelFix.title);
  }
}

/**
 * Mends a model file into a new file beside it, `name.fixed.onnx`, or `name.fixed-2.onnx` where that exists. The path is
 * undefined when there was nothing to mend. Errors: those of `openModel` and `saveModel`.
 */
export function fixModelFile(
  file: string,
  options: FixOptions = {},
): { readonly path: string | undefined; readonly applied: readonly string[] } {
  const { model, applied } = fixModel(openModel(file), options);
  if (applied.length === 0) return { path: undefined, applied };
  const base = file.replace(/\.onnx$/i, '');
  let path = `${base}.fixed.onnx`;
  for (let number = 2; existsSync(path); number++) path = `${base}.fixed-${number}.onnx`;
  saveModel(model, path);
  return { path, applied };
}
