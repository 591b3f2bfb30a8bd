import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { DocumentLink } from 'vscode-languageserver/node';
import { valueAt } from '../../diagnostics/shared/recipe-text.ts';
import { type Path, rangeOf } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { toRange } from '../shared/ranges.ts';
import { uriOfPath } from '../uris.ts';
import type { OpenRecipe } from '../workspace.ts';

const settings: readonly Path[] = [
  ['model'],
  ...['train', 'test'].flatMap((which) =>
    ['images', 'labels', 'tokenizer'].map((file) => ['data', which, file]),
  ),
];

/** The model and the data files, where they exist. */
export const documentLinks = defineFeature({
  name: 'document links',
  capabilities: { documentLinkProvider: { resolveProvider: false } },
  register: (connection, workspace) => {
    connection.onDocumentLinks(forRecipe(workspace, linksOf));
  },
});

function linksOf({ document, file, context: { recipe } }: OpenRecipe): DocumentLink[] {
  return settings.flatMap((path) => {
    const named = valueAt(recipe.value, path);
    if (typeof named !== 'string' || named === '') return [];
    // `mnist.npz#x_test` is an array in an archive.
    const target = resolve(dirname(file), named.replace(/(\.npz)#.*$/i, '$1'));
    if (!existsSync(target)) return [];
    return [{ range: toRange(document, rangeOf(recipe, path)), target: uriOfPath(target) }];
  });
}
