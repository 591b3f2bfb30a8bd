import { dirname, resolve } from 'node:path';
import { architectureSchema } from '../architecture/schema.ts';
import { PareError } from '../base/errors.ts';
import type { DescribedSource } from '../data/facts.ts';
import { dataSource } from '../data/source.ts';
import { type Checked, planRecipe } from '../recipe/plan.ts';
import { parseRecipe, type RecipeText } from '../recipe/syntax.ts';
import type { RecipeContext } from './define.ts';
import type { FileFacts } from './file-facts.ts';
import { valueAt } from './shared/recipe-text.ts';

/** What a recipe's text says by itself. */
export interface ParsedRecipe extends Checked {
  readonly recipe: RecipeText;
}

export function parsedRecipe(text: string): ParsedRecipe {
  const recipe = parseRecipe(text);
  return { recipe, ...planRecipe(recipe) };
}

/** A recipe with everything that its detectors look at. Files are looked at even while the recipe has errors. */
export function recipeContext(parsed: ParsedRecipe, file: string, facts: FileFacts): RecipeContext {
  const model = namedModel(parsed.recipe.value, file, facts);
  return {
    ...parsed,
    file,
    model: model instanceof PareError ? undefined : model,
    modelError: model instanceof PareError ? model : undefined,
    data: namedData(parsed.recipe.value, file, facts),
  };
}

function namedModel(recipe: unknown, file: string, facts: FileFacts) {
  const model = valueAt(recipe, ['model']);
  if (typeof model === 'string' && model !== '') return facts.model(resolve(dirname(file), model));
  const { data } = architectureSchema.safeParse(model);
  return data && facts.architecture(data);
}

function namedData(recipe: unknown, file: string, facts: FileFacts): RecipeContext['data'] {
  const found = (['train', 'test'] as const).flatMap((which) => {
    const given = valueAt(recipe, ['data', which]);
    const images = valueAt(given, ['images']);
    if (typeof images !== 'string') return [];
    // The rest of the recipe may be wrong: each setting counts that is right.
    const { labels, inputs, targets, size, length, text, tokenizer, limit, classes } = dataSource.shape;
    const source: DescribedSource = {
      images,
      labels: labels.safeParse(valueAt(given, ['labels'])).data,
      inputs: inputs.safeParse(valueAt(given, ['inputs'])).data,
      targets: targets.safeParse(valueAt(given, ['targets'])).data,
      size: size.safeParse(valueAt(given, ['size'])).data,
      length: length.safeParse(valueAt(given, ['length'])).data,
      text: text.safeParse(valueAt(given, ['text'])).data,
      tokenizer: tokenizer.safeParse(valueAt(given, ['tokenizer'])).data,
      limit: limit.safeParse(valueAt(given, ['limit'])).data,
      classes: classes.safeParse(valueAt(given, ['classes'])).data,
    };
    return [[which, facts.dataset(source, dirname(file))] as const];
  });
  return Object.fromEntries(found);
}
