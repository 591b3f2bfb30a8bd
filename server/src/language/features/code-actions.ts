import { type CodeAction, CodeActionKind } from 'vscode-languageserver/node';
import type { RecipeFix } from '../../diagnostics/define.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { toOffsets, toRange, touches } from '../shared/ranges.ts';
import { toDiagnostic } from '../shared/to-diagnostic.ts';
import type { OpenRecipe } from '../workspace.ts';

/** Quick fixes of the problems at a place. */
export const codeActions = defineFeature({
  name: 'code actions',
  capabilities: {
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix], resolveProvider: false },
  },
  register: (connection, workspace) => {
    connection.onCodeAction(
      forRecipe(workspace, (recipe, { range, context: { only } }) => {
        const wanted = (kind: string) => !only || only.some((asked) => `${kind}.`.startsWith(`${asked}.`));
        return wanted(CodeActionKind.QuickFix) ? quickFixes(recipe, toOffsets(recipe.document, range)) : [];
      }),
    );
  },
});

function quickFixes(recipe: OpenRecipe, at: { readonly start: number; readonly end: number }): CodeAction[] {
  return recipe.problems().flatMap((problem) => {
    if (!problem.range || !touches(problem.range, at)) return [];
    return problem.fixes.map((fix, index) => ({
      title: fix.title,
      kind: CodeActionKind.QuickFix,
      diagnostics: [toDiagnostic(problem, recipe.document)],
      isPreferred: index === 0,
      edit: { changes: { [recipe.document.uri]: textEdits(recipe, fix) } },
    }));
  });
}

const textEdits = ({ document }: OpenRecipe, { edits }: RecipeFix) =>
  edits.map(({ range, text }) => ({ range: toRange(document, range), newText: text }));
