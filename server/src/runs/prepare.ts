import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildArchitecture } from '../architecture/build.ts';
import type { Architecture } from '../architecture/schema.ts';
import { messageOf, PareError } from '../base/errors.ts';
import { version } from '../base/version.ts';
import type { Dataset } from '../data/dataset.ts';
import { recipeProblems } from '../diagnostics/check.ts';
import { createFileFacts } from '../diagnostics/file-facts.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { parsedRecipe, recipeContext } from '../diagnostics/recipe-context.ts';
import type { Model } from '../ir/model.ts';
import { openModel, saveModel } from '../onnx/files.ts';
import type { Plan, PlannedStep } from '../recipe/plan.ts';
import { openData } from './apply-step.ts';
import { modelHash } from './file-bytes.ts';
import { stepKey } from './step-cache.ts';

/** A recipe with everything that it names opened. */
export interface Prepared {
  readonly recipe: string;
  readonly text: string;
  readonly plan: Plan;
  readonly modelPath: string;
  readonly model: Model;
  readonly sourceHash: string;
  readonly train: Dataset | undefined;
  readonly test: Dataset | undefined;
  /** The cache key of every step's result, in order. */
  readonly keys: readonly string[];
  /** What is doubtful about the recipe, and yet no error. */
  readonly warnings: readonly Problem[];
}

/** The text of a recipe file. Throws `file-missing`. */
export function readRecipe(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new PareError('file-missing', `The recipe '${path}' cannot be read: ${messageOf(error)}.`, {
      hint: '`pare init` writes a first one.',
      place: { file: path },
    });
  }
}

/** Reads and checks a recipe and opens its model and data. Throws what is wrong first, with its place. */
export async function prepareRun(recipe: string): Promise<Prepared> {
  const text = readRecipe(recipe);
  const checked = recipeContext(parsedRecipe(text), recipe, createFileFacts());
  const problems = recipeProblems(checked);
  const errors = problems.filter(({ severity }) => severity === 'error');
  // Broken YAML makes other errors up: it comes first wherever it stands.
  const error = errors.find(({ code }) => code === 'recipe-syntax') ?? errors[0];
  if (error) throw problemError(error, text);
  const plan = checked.plan!;
  const folder = dirname(resolve(recipe));
  const modelPath =
    typeof plan.model === 'string'
      ? resolve(folder, plan.model)
      : writeNetwork(plan.model, plan.seed, folder);
  // What was checked is what is compressed; a network in words was checked with other weights.
  const model = (typeof plan.model === 'string' && checked.model?.model) || openModel(modelPath);
  const open = (source: Plan['data']['train']) => (source ? openData(source, folder, model) : undefined);
  const [train, test] = await Promise.all([open(plan.data.train), open(plan.data.test)]);
  const sourceHash = modelHash(modelPath, model);
  return {
    recipe: resolve(recipe),
    text,
    plan,
    modelPath,
    model,
    sourceHash,
    train,
    test,
    keys: stepKeys(plan, folder, sourceHash, train, test),
    warnings: problems.filter(({ severity }) => severity === 'warning'),
  };
}

/** A network that the recipe writes out, as a file: what it starts from is then a model like any other. */
function writeNetwork(architecture: Architecture, seed: number, folder: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([architecture, seed, version]))
    .digest('hex')
    .slice(0, 16);
  const path = join(folder, '.pare', 'networks', `${key}.onnx`);
  if (!existsSync(path)) saveModel(buildArchitecture(architecture, seed), path);
  return path;
}

function stepKeys(
  plan: Plan,
  folder: string,
  sourceHash: string,
  train: Dataset | undefined,
  test: Dataset | undefined,
): readonly string[] {
  let input = sourceHash;
  return plan.steps.map((planned) => {
    input = stepKey({
      input,
      planned,
      overrides: plan.layers,
      seed: plan.seed,
      provider: plan.provider,
      data: [...dataOf(planned, train, test), ...modelsOf(planned, folder)],
    });
    return input;
  });
}

function dataOf(
  { step, settings }: PlannedStep,
  train: Dataset | undefined,
  test: Dataset | undefined,
): readonly string[] {
  const needs = step.needs(settings as never);
  const read = needs.data || needs.labels ? (train ?? test) : undefined;
  return read ? [read.hash] : [];
}

/** Hashes of the models that a step's settings name. Throws `file-missing`. */
function modelsOf({ step, settings }: PlannedStep, folder: string): readonly string[] {
  const { models = [] } = step.needs(settings as never);
  return models.map((path) => {
    const file = resolve(folder, path);
    if (!existsSync(file))
      throw new PareError('file-missing', `The step '${step.name}' names '${path}', which is not there.`, {
        hint: 'Paths are relative to the recipe.',
        place: { file },
      });
    return modelHash(file);
  });
}

/** A problem as the error that ends a command. */
export function problemError({ code, message, hint, file, range, name }: Problem, text: string): PareError {
  const place = {
    file: range ? placeText(file, text, range.start) : file,
    ...(range ? { range } : {}),
    ...(name === undefined ? {} : { name }),
  };
  return new PareError(code, message, { hint, place });
}

/** `recipe.pare.yaml:7:3`, one-based, as editors and terminals link it. */
export function placeText(file: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${file}:${before.length}:${before.at(-1)!.length + 1}`;
}
