import { type CodeAction, CodeActionKind } from 'vscode-languageserver/node';
import type { TextRange } from '../../base/errors.ts';
import type { RecipeFix } from '../../diagnostics/define.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { overrideActions } from '../shared/override-actions.ts';
import { toOffsets, toRange, touches } from '../shared/ranges.ts';
import { toDiagnostic } from '../shared/to-diagnostic.ts';
import type { OpenRecipe } from '../workspace.ts';

/** Quick fixes of the problems at a place; at a step, to leave a layer out of it. */
export const codeActions = defineFeature({
  name: 'code actions',
  capabilities: {
    codeActionProvider: {
      codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite],
      resolveProvider: false,
    },
  },
  register: (connection, workspace) => {
    connection.onCodeAction(
      forRecipe(workspace, (recipe, { range, context: { only } }) => {
        const wanted = (kind: string) => !only || only.some((asked) => `${kind}.`.startsWith(`${asked}.`));
        const at = toOffsets(recipe.document, range);
        return [
          ...(wanted(CodeActionKind.QuickFix) ? quickFixes(recipe, at) : []),
          ...(wanted(CodeActionKind.RefactorRewrite) ? refactorings(recipe, at) : []),
        ];
      }),
    );
  },
});

function quickFixes(recipe: OpenRecipe, at: TextRange): CodeAction[] {
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

const refactorings = (recipe: OpenRecipe, at: TextRange): CodeAction[] =>
  overrideActions(recipe.context, at.start).map((action) => ({
    title: action.title,
    kind: CodeActionKind.RefactorRewrite,
    edit: { changes: { [recipe.document.uri]: textEdits(recipe, action) } },
  }));

const textEdits = ({ document }: OpenRecipe, { edits }: RecipeFix) =>
  edits.map(({ range, text }) => ({ range: toRange(document, range), newText: text }));
