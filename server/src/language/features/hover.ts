import { type Hover, MarkupKind } from 'vscode-languageserver/node';
import { valueAt } from '../../diagnostics/shared/recipe-text.ts';
import { findStep } from '../../recipe/schema.ts';
import { pathAt } from '../../recipe/syntax.ts';
import { defineFeature } from '../feature.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { costTable, layersMatching } from '../shared/layer-cost.ts';
import { modelCard } from '../shared/model-card.ts';
import { toRange, touches } from '../shared/ranges.ts';
import { settingCard, stepCard } from '../shared/setting-card.ts';
import type { OpenRecipe } from '../workspace.ts';

/** What a setting means, what a layer costs, what the model is. */
export const hover = defineFeature({
  name: 'hover',
  capabilities: { hoverProvider: true },
  register: (connection, workspace) => {
    connection.onHover(
      forRecipe(workspace, (recipe, { position }) => hoverAt(recipe, recipe.document.offsetAt(position))),
    );
  },
});

function hoverAt({ document, context }: OpenRecipe, offset: number): Hover | null {
  const { path, onKey, range } = pathAt(context.recipe, offset);
  if (!range || !touches(range, { start: offset, end: offset })) return null;
  const value = card(context, path, onKey);
  return value === undefined
    ? null
    : { contents: { kind: MarkupKind.Markdown, value }, range: toRange(document, range) };
}

function card(
  { model, recipe }: OpenRecipe['context'],
  path: readonly (string | number)[],
  onKey: boolean,
): string | undefined {
  const [section, layer] = path;
  if (section === 'layers' && path.length === 2 && onKey) return model && layerCard(model, String(layer));
  if (section === 'model' && !onKey) return model && modelCard(model);
  const value = valueAt(recipe.value, path);
  if (section === 'steps' && path.length === 2 && typeof value === 'string' && findStep(value))
    return stepCard(value);
  return settingCard(path);
}

function layerCard(model: NonNullable<OpenRecipe['context']['model']>, pattern: string): string | undefined {
  const layers = layersMatching(model, pattern);
  const [first] = layers;
  if (!first) return undefined;
  const title =
    layers.length === 1 ? `**${pattern}**: ${first.op}` : `**${pattern}** matches ${layers.length} layers`;
  const names = layers.slice(0, 10).map(({ node, op }) => `- \`${model.nameOf(node)}\` (${op})`);
  if (layers.length > 10) names.push(`- and ${layers.length - 10} more`);
  return [title, costTable(model, layers), ...(layers.length > 1 ? [names.join('\n')] : [])].join('\n\n');
}
