import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Row, row } from './shared/define.ts';
import { recipeFolder, runRecipe } from './shared/recipes.ts';

const recipes = join(import.meta.dirname, 'recipes');

/** The goal that a recipe states in its first line: `goal: at most 1.64 % test error`, `goal: at least 90.5 % test accuracy`. */
function goalOf(text: string): { readonly error: number } {
  const [, kind, percent] = /goal: at (most|least) ([\d.]+) %/.exec(text) ?? [];
  if (!kind) throw new Error('A recipe of this benchmark states its goal.');
  return { error: kind === 'most' ? Number(percent) : 100 - Number(percent) };
}

export const bench: Bench = {
  summary:
    'Networks trained from scratch by the recipes in test/bench/recipes, or by those named, beside the error that each has to reach',
  run: async (log) => {
    const folder = recipeFolder('from-scratch', log);
    const rows: Row[] = [];
    const wanted = process.argv.slice(3).filter((arg) => existsSync(join(recipes, `${arg}.pare.yaml`)));
    const names = wanted.length > 0 ? wanted.map((each) => `${each}.pare.yaml`) : readdirSync(recipes);
    for (const name of names.filter((file) => file.endsWith('.pare.yaml'))) {
      const text = readFileSync(join(recipes, name), 'utf8');
      const { error: goal } = goalOf(text);
      log(`pare run ${name} ...`);
      const { after, seconds } = runRecipe(folder, name, text);
      const error = 100 * (1 - after!.accuracy!.value);
      rows.push(row(`${name.replace('.pare.yaml', '')}: test error`, error, goal, '%'));
      log(`  error ${error.toFixed(2)} %, goal ${goal.toFixed(2)} %, ${seconds.toFixed(0)} s`);
    }
    return rows;
  },
};
