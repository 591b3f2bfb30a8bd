import type { CodeLens } from 'vscode-languageserver/node';
import { isMapping } from '../../diagnostics/shared/recipe-text.ts';
import type { LanguageCommand } from '../../protocol/language.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { toRange } from '../shared/ranges.ts';
import type { OpenRecipe } from '../workspace.ts';

const commands: readonly { readonly command: LanguageCommand; readonly title: string }[] = [
  { command: 'pare.run', title: '$(play) Run' },
  { command: 'pare.dryRun', title: '$(checklist) Dry run' },
];

/** Run and Dry run, above `steps:`. */
export const codeLenses = defineFeature({
  name: 'code lenses',
  capabilities: { codeLensProvider: { resolveProvider: false } },
  register: (connection, workspace) => {
    connection.onCodeLens(forRecipe(workspace, lensesOf));
  },
});

function lensesOf({ document, context: { recipe } }: OpenRecipe): CodeLens[] {
  const named = isMapping(recipe.value) && 'steps' in recipe.value;
  const range = toRange(document, named ? rangeOf(recipe, ['steps'], 'key') : { start: 0, end: 0 });
  return commands.map(({ command, title }) => ({
    range,
    command: { command, title, arguments: [document.uri] },
  }));
}
