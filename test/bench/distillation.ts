import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { modelCost } from '../../server/src/analysis/cost.ts';
import { openModel } from '../../server/src/onnx/files.ts';
import type { RunResult } from '../../server/src/protocol/run.ts';
import { parseRecipe } from '../../server/src/recipe/syntax.ts';
import { distill } from '../../server/src/steps/distill/distill.ts';
import { finetune } from '../../server/src/steps/finetune/finetune.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { recipeFolder, runRecipe } from './shared/recipes.ts';

const recipes = join(import.meta.dirname, 'recipes/distillation');
const sets = ['fashion-mnist', 'cifar-10'];
const seeds = [1, 2, 3];
/** The largest share of the teacher's parameters that a student may have. */
const largest = 1 / 4;

interface Recipe {
  readonly model: unknown;
  readonly data: unknown;
  readonly steps: readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];
}

export const bench: Bench = {
  summary:
    'Students of at most a quarter of their teacher, distilled, beside the same students trained on labels alone, over three seeds',
  run: async (log) => {
    const folder = recipeFolder('distillation', log);
    const rows: Row[] = [];
    for (const set of sets) {
      const [distilled, alone] = ['distilled', 'labels'].map((how) =>
        readFileSync(join(recipes, `${set}.${how}.pare.yaml`), 'utf8'),
      ) as [string, string];
      mustDifferInTeacherAlone(recipeOf(distilled), recipeOf(alone));
      const pairs = seeds.map((seed) => {
        const [ours, theirs] = [distilled, alone].map((text, index) => {
          const name = `${set}.${index === 0 ? 'distilled' : 'labels'}.pare.yaml`;
          const result = runRecipe(folder, name, withSeed(text, seed));
          const accuracy = 100 * result.after!.accuracy!.value;
          log(`${name}, seed ${seed}: ${accuracy.toFixed(2)} %, ${result.seconds.toFixed(0)} s`);
          return { result, accuracy };
        }) as [Trained, Trained];
        mustBeSmall(ours.result, theirs.result);
        rows.push(row(`${set}, seed ${seed}: accuracy`, ours.accuracy, theirs.accuracy, '%'));
        return [ours.accuracy, theirs.accuracy] as const;
      });
      rows.push(
        row(
          `${set}: mean accuracy`,
          mean(pairs.map(([ours]) => ours)),
          mean(pairs.map(([, theirs]) => theirs)),
          '%',
        ),
      );
    }
    return rows;
  },
};

interface Trained {
  readonly result: RunResult;
  readonly accuracy: number;
}

const recipeOf = (text: string): Recipe => parseRecipe(text).value as Recipe;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function withSeed(text: string, seed: number): string {
  if (!/^seed: \d+$/m.test(text)) throw new Error('A recipe of this benchmark states its seed.');
  return text.replace(/^seed: \d+$/m, `seed: ${seed}`);
}

/** The same student, data and settings of training: only what `distill` knows and `finetune` does not may differ. */
function mustDifferInTeacherAlone(distilled: Recipe, alone: Recipe): void {
  const [ours, theirs] = [distilled.steps[0]!.distill!, alone.steps[0]!.finetune!];
  const shared = Object.keys(ours).filter((key) => key in finetune.settings.shape);
  const same =
    isDeepStrictEqual(ours.student, alone.model) &&
    isDeepStrictEqual(distilled.data, alone.data) &&
    isDeepStrictEqual(Object.fromEntries(shared.map((key) => [key, ours[key]])), theirs) &&
    Object.keys(theirs).every((key) => key in distill.settings.shape);
  if (!same) throw new Error('The two recipes differ in more than the teacher.');
}

function mustBeSmall(distilled: RunResult, alone: RunResult): void {
  const [teacher, student, other] = [distilled.model, distilled.artifacts.model!, alone.artifacts.model!].map(
    (path) => modelCost(openModel(path)).parameters,
  ) as [number, number, number];
  if (student !== other) throw new Error(`The students have ${student} and ${other} parameters.`);
  if (student > largest * teacher)
    throw new Error(
      `The student has ${student} parameters, more than a quarter of the teacher's ${teacher}.`,
    );
}
