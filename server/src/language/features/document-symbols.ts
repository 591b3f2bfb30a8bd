import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver/node';
import type { TextRange } from '../../base/errors.ts';
import { isMapping } from '../../diagnostics/shared/recipe-text.ts';
import { type Path, rangeOf } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { toRange } from '../shared/ranges.ts';
import type { OpenRecipe } from '../workspace.ts';

/** The recipe's sections, its steps and its layers, for the outline and breadcrumbs. */
export const documentSymbols = defineFeature({
  name: 'document symbols',
  capabilities: { documentSymbolProvider: true },
  register: (connection, workspace) => {
    connection.onDocumentSymbol(
      forRecipe(workspace, (recipe) => {
        const { value } = recipe.context.recipe;
        return isMapping(value) ? Object.keys(value).map((key) => section(recipe, key)) : [];
      }),
    );
  },
});

function section(open: OpenRecipe, key: string): DocumentSymbol {
  const { recipe } = open.context;
  const value = (recipe.value as Readonly<Record<string, unknown>>)[key];
  const range = span(rangeOf(recipe, [key], 'key'), rangeOf(recipe, [key]));
  return {
    ...symbol(open, key, SymbolKind.Property, [key], range),
    ...(isMapping(value) || Array.isArray(value) ? {} : { detail: String(value ?? '') }),
    children: [
      ...(key === 'steps' && Array.isArray(value)
        ? value.map((step, index) => stepSymbol(open, step, index))
        : []),
      ...(key !== 'steps' && isMapping(value)
        ? Object.keys(value).map((name) =>
            symbol(
              open,
              name,
              key === 'layers' ? SymbolKind.Class : SymbolKind.Property,
              [key, name],
              span(rangeOf(recipe, [key, name], 'key'), rangeOf(recipe, [key, name])),
            ),
          )
        : []),
    ],
  };
}

function stepSymbol(open: OpenRecipe, step: unknown, index: number): DocumentSymbol {
  const name = typeof step === 'string' ? step : (Object.keys(isMapping(step) ? step : {})[0] ?? '?');
  const path: Path = isMapping(step) ? ['steps', index, name] : ['steps', index];
  return symbol(open, name, SymbolKind.Function, path, rangeOf(open.context.recipe, ['steps', index]));
}

function symbol(
  { document, context }: OpenRecipe,
  name: string,
  kind: SymbolKind,
  path: Path,
  range: TextRange,
): DocumentSymbol {
  const key = rangeOf(context.recipe, path, 'key');
  return {
    // Names may not be empty.
    name: name || '?',
    kind,
    range: toRange(document, span(range, key)),
    selectionRange: toRange(document, key),
  };
}

const span = (a: TextRange, b: TextRange): TextRange => ({
  start: Math.min(a.start, b.start),
  end: Math.max(a.end, b.end),
});
