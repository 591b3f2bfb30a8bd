import { dirname, resolve } from 'node:path';
import type { LocationLink } from 'vscode-languageserver/node';
import { valueAt } from '../../diagnostics/shared/recipe-text.ts';
import { pathAt } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { layersMatching } from '../shared/layer-cost.ts';
import { toRange } from '../shared/ranges.ts';
import { uriOfPath } from '../uris.ts';
import type { OpenRecipe } from '../workspace.ts';

/** From a layer's name, and from the model's, to the model's file. */
export const definition = defineFeature({
  name: 'definition',
  capabilities: { definitionProvider: true },
  register: (connection, workspace) => {
    connection.onDefinition(
      forRecipe(workspace, (recipe, { position }) =>
        definitionAt(recipe, recipe.document.offsetAt(position)),
      ),
    );
  },
});

function definitionAt({ document, file, context }: OpenRecipe, offset: number): LocationLink[] {
  const { recipe, model } = context;
  const { path, onKey, range } = pathAt(recipe, offset);
  const named = valueAt(recipe.value, ['model']);
  if (!model || !range || typeof named !== 'string') return [];
  const isLayer =
    onKey && path[0] === 'layers' && path.length === 2 && layersMatching(model, String(path[1])).length > 0;
  const isModel = !onKey && path[0] === 'model';
  if (!isLayer && !isModel) return [];
  // The file is binary: there are no lines in it to go to.
  const start = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return [
    {
      originSelectionRange: toRange(document, range),
      targetUri: uriOfPath(resolve(dirname(file), named)),
      targetRange: start,
      targetSelectionRange: start,
    },
  ];
}
