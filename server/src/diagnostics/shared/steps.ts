import { removalOf } from '../../recipe/edits.ts';
import type { Plan, PlannedStep } from '../../recipe/plan.ts';
import type { Path, RecipeText } from '../../recipe/syntax.ts';
import type { RecipeFix } from '../define.ts';

/** Steps that look at samples. */
export const needingData = ({ steps }: Plan): readonly PlannedStep[] =>
  steps.filter(({ step, settings }) => {
    const { data, labels } = step.needs(settings as never);
    return data === true || labels === true;
  });

/** The fix that takes a setting away. */
export function withoutSetting(recipe: RecipeText, path: Path): readonly RecipeFix[] {
  const range = removalOf(recipe, path);
  return range ? [{ title: `Remove '${path.at(-1)}'`, edits: [{ range, text: '' }] }] : [];
}
