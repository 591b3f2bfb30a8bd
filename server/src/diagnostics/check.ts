import { dirname, resolve } from 'node:path';
import { PareError } from '../base/errors.ts';
import { openModel } from '../onnx/files.ts';
import { type Path, rangeOf } from '../recipe/syntax.ts';
import type { Diagnostic, ModelContext, RecipeContext, Severity } from './define.ts';
import { createFileFacts, type FileFacts } from './file-facts.ts';
import { diagnostics } from './index.ts';
import { modelContext } from './model-context.ts';
import { type Problem, problemOfError } from './problem.ts';
import { parsedRecipe, recipeContext } from './recipe-context.ts';
import { valueAt } from './shared/recipe-text.ts';

/** All problems of a recipe's text, by place. Paths in it are relative to the folder of `file`. */
export function checkRecipe(text: string, file: string, facts: FileFacts = createFileFacts()): Problem[] {
  return recipeProblems(recipeContext(parsedRecipe(text), file, facts));
}

/** All problems of a recipe whose facts are at hand, by place. */
export function recipeProblems(context: RecipeContext): Problem[] {
  const problems: Problem[] = [];
  const { recipe, file, modelError, data } = context;
  if (modelError) problems.push(problemOfError(modelError, file, diagnostics, rangeOf(recipe, ['model'])));
  for (const [which, facts] of Object.entries(data))
    if (facts instanceof PareError)
      problems.push(
        problemOfError(
          facts,
          file,
          diagnostics,
          rangeOf(recipe, ['data', which, ...wrongFile(facts, context, which)]),
        ),
      );
  for (const diagnostic of diagnostics) {
    if (diagnostic.subject !== 'recipe') continue;
    for (const { message, range, severity, hint, fixes } of diagnostic.detect(context))
      problems.push({
        ...common(diagnostic, severity, hint),
        message,
        range,
        file,
        fixes: fixes ?? [],
      });
  }
  return problems.sort((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0));
}

/** Which of a data set's files an error is about: the samples, unless another one is named. */
function wrongFile({ place }: PareError, { recipe, file }: RecipeContext, which: string): Path {
  const inputs = valueAt(recipe.value, ['data', which, 'inputs']);
  const names = typeof inputs === 'object' && inputs !== null ? Object.keys(inputs) : [];
  const paths: readonly Path[] = [['labels'], ['tokenizer'], ...names.map((name) => ['inputs', name])];
  const isAbout = (path: Path) => {
    const named = valueAt(recipe.value, ['data', which, ...path]);
    return typeof named === 'string' && place?.file === resolve(dirname(file), named);
  };
  return paths.find(isAbout) ?? ['images'];
}

/**
 * All problems of a model file, the gravest first. With `readWeights` also those that only the weights tell, which takes
 * time on a large model. A file that cannot be opened is one problem.
 */
export function checkModel(file: string, options: { readonly readWeights?: boolean } = {}): Problem[] {
  try {
    const context = modelContext(openModel(file), { readsWeights: options.readWeights ?? false });
    return modelProblems(context, file);
  } catch (error) {
    if (error instanceof PareError) return [problemOfError(error, file, diagnostics)];
    throw error;
  }
}

/** A broken model may have one defect at every node: nobody reads more of one kind than this. */
const mostFindings = 100;

function* first<T>(items: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

/** All problems of a model that has been opened, the gravest first. */
export function modelProblems(context: ModelContext, file: string): Problem[] {
  const problems = diagnostics.flatMap((diagnostic): Problem[] => {
    if (diagnostic.subject !== 'model') return [];
    return Array.from(
      first(diagnostic.detect(context), mostFindings),
      ({ message, name, severity, hint, fix }) => ({
        ...common(diagnostic, severity, hint),
        message,
        file,
        ...(name === undefined ? {} : { name }),
        fixes: [],
        ...(fix ? { modelFix: fix } : {}),
      }),
    );
  });
  return problems.sort((a, b) => gravity[a.severity] - gravity[b.severity]);
}

const gravity: Readonly<Record<Severity, number>> = { error: 0, warning: 1, information: 2, hint: 3 };

function common(diagnostic: Diagnostic, severity: Severity | undefined, hint: string | undefined) {
  return {
    code: diagnostic.code,
    severity: severity ?? diagnostic.severity,
    hint: hint ?? diagnostic.remedy,
    diagnostic,
  };
}
