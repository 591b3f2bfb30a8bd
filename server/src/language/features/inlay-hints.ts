import { type InlayHint, InlayHintKind, MarkupKind } from 'vscode-languageserver/node';
import { entriesAt } from '../../diagnostics/shared/recipe-text.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { costTable, layersMatching, shortCost } from '../shared/layer-cost.ts';
import { toOffsets, touches } from '../shared/ranges.ts';
import type { OpenRecipe } from '../workspace.ts';

/** What the layers under `layers:` cost, behind their names. */
export const inlayHints = defineFeature({
  name: 'inlay hints',
  capabilities: { inlayHintProvider: true },
  register: (connection, workspace) => {
    connection.languages.inlayHint.on(
      forRecipe(workspace, async (recipe, { textDocument, range }) => {
        const { enabled } = (await workspace.settings(textDocument.uri)).inlayHints;
        return enabled ? hintsOf(recipe, toOffsets(recipe.document, range)) : [];
      }),
    );
  },
});

function hintsOf(
  { document, context }: OpenRecipe,
  visible: { readonly start: number; readonly end: number },
): InlayHint[] {
  const { recipe, model } = context;
  if (!model) return [];
  return entriesAt(recipe.value, ['layers']).flatMap(([pattern]) => {
    const key = rangeOf(recipe, ['layers', pattern], 'key');
    const layers = layersMatching(model, pattern);
    if (layers.length === 0 || !touches(key, visible)) return [];
    return {
      position: document.positionAt(key.end),
      label: shortCost(model, layers),
      kind: InlayHintKind.Type,
      paddingLeft: true,
      tooltip: { kind: MarkupKind.Markdown, value: costTable(model, layers) },
    };
  });
}
