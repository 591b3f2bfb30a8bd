import type { Issue } from '../../recipe/plan.ts';
import type { RecipeContext, RecipeFinding } from '../define.ts';
import { yamlText } from './recipe-text.ts';

/** What the schema says is wrong, of one kind. A word that was probably meant becomes a fix. */
export function issuesOf(
  { issues }: RecipeContext,
  code: Issue['code'],
): readonly { readonly issue: Issue; readonly finding: RecipeFinding }[] {
  return issues.filter((issue) => issue.code === code).map((issue) => ({ issue, finding: findingOf(issue) }));
}

/** The same, for a detector that has nothing to add. */
export const findingsOf = (context: RecipeContext, code: Issue['code']): readonly RecipeFinding[] =>
  issuesOf(context, code).map(({ finding }) => finding);

function findingOf({ message, range, suggestion }: Issue): RecipeFinding {
  if (suggestion === undefined) return { message, range };
  const edit = { range, text: yamlText(suggestion) };
  return { message, range, fixes: [{ title: `Change to '${suggestion}'`, edits: [edit] }] };
}
