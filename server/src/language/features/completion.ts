import { CompletionItemKind } from 'vscode-languageserver/node';
import { yamlText } from '../../diagnostics/shared/recipe-text.ts';
import { findStep, type JsonSchema, schemaAt } from '../../recipe/schema.ts';
import { steps } from '../../steps/index.ts';
import { defineFeature } from '../feature.ts';
import { type CompletionPlace, completionPlace } from '../shared/completion-place.ts';
import { forRecipe } from '../shared/for-recipe.ts';
import { layerCompletions } from '../shared/layer-completions.ts';
import { namesOutput, outputCompletions } from '../shared/output-completions.ts';
import { pathCompletions } from '../shared/path-completions.ts';
import { cursor, type Proposal, toItem } from '../shared/proposal.ts';
import { toRange } from '../shared/ranges.ts';
import { allowedValues, describe, stepCard } from '../shared/setting-card.ts';
import type { OpenRecipe } from '../workspace.ts';

/** Keys, steps, values, layers and files, by what may stand at the place. */
export const completion = defineFeature({
  name: 'completion',
  capabilities: {
    completionProvider: { triggerCharacters: [' ', '/', '{', '"', "'"], resolveProvider: false },
  },
  register: (connection, workspace) => {
    connection.onCompletion(
      forRecipe(workspace, (recipe, { position }) => {
        const { document } = recipe;
        const place = completionPlace(document.getText(), document.offsetAt(position));
        if (!place) return [];
        const range = toRange(document, place.word);
        const snippets = workspace.client.textDocument?.completion?.completionItem?.snippetSupport === true;
        return proposals(recipe, place).map((proposal) =>
          toItem(proposal, range, document.getText(range), snippets),
        );
      }),
    );
  },
});

function proposals(recipe: OpenRecipe, place: CompletionPlace): readonly Proposal[] {
  const { path, kind, siblings } = place;
  if (kind === 'key') return keys(recipe, place).filter(({ label }) => !siblings.includes(label));
  const schema = schemaAt(path);
  if (path.length === 2 && path[0] === 'steps') return stepItems();
  const { model } = recipe.context;
  if (model && namesOutput(path, 'value')) return outputCompletions(model);
  return [
    ...(schema ? values(schema) : []),
    ...pathCompletions(recipe.file, path, recipe.document.getText().slice(place.word.start, place.word.end)),
    // `budget:` and a new line: what is typed becomes the first key.
    ...(place.flow || takesText(schema) ? [] : keys(recipe, { ...place, kind: 'key' })),
  ];
}

/** True where plain text may stand as well as a mapping: what is typed is then the text. */
const takesText = (schema: JsonSchema | undefined): boolean =>
  schema?.anyOf?.some(({ type }) => type === 'string') ?? false;

/** The keys that the mapping at a path may have. */
function keys({ context }: OpenRecipe, place: CompletionPlace): readonly Proposal[] {
  const { path } = place;
  if (path[0] === 'layers' && path.length === 1)
    return context.model ? layerCompletions(context.model).map((item) => asKey(item, place)) : [];
  if (context.model && namesOutput(path, 'key'))
    return outputCompletions(context.model).map((item) => asKey(item, place, {}));
  const { properties = {}, required = [] } = objectAt(path) ?? {};
  return Object.entries(properties).map(([name, schema]) => {
    const step = isStepKey(path) ? findStep(name) : undefined;
    return asKey(
      {
        label: name,
        kind: step ? CompletionItemKind.Module : CompletionItemKind.Property,
        documentation: step ? stepCard(name) : describe(schema),
        rank: required.includes(name) ? '0' : '1',
      },
      place,
      schema,
    );
  });
}

const objectAt = (path: CompletionPlace['path']): JsonSchema | undefined => {
  const schema = schemaAt(path);
  return [schema, ...(schema?.anyOf ?? [])].find((option) => option?.properties);
};
const isStepKey = (path: CompletionPlace['path']): boolean =>
  (path[0] === 'steps' || path[0] === 'layers') && path.length === 2;

/** A key with what follows it: a blank, or an opened mapping or list. */
function asKey(proposal: Proposal, { hasColon, flow }: CompletionPlace, schema?: JsonSchema): Proposal {
  const name = proposal.text ?? yamlText(proposal.label);
  if (hasColon) return { ...proposal, text: name };
  const nested = !schema || schema.properties !== undefined;
  const list = schema?.type === 'array';
  if (list) return { ...proposal, text: flow ? `${name}: [${cursor}]` : `${name}:\n  - ${cursor}` };
  return { ...proposal, text: nested ? `${name}: {${cursor}}` : `${name}: ` };
}

const stepItems = (): readonly Proposal[] =>
  steps.map(({ name, summary }) => ({
    label: name,
    text: `${name}: {${cursor}}`,
    kind: CompletionItemKind.Module,
    detail: summary,
    documentation: stepCard(name),
  }));

function values(schema: JsonSchema): readonly Proposal[] {
  const usual = (value: unknown) => JSON.stringify(value) === JSON.stringify(schema.default);
  const allowed = allowedValues(schema);
  const examples = allowed.length > 0 ? [] : [...new Set([schema.default, ...(schema.examples ?? [])])];
  return [...allowed, ...examples]
    .filter((value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    .map((value) => ({
      label: String(value),
      text: typeof value === 'string' && allowed.length > 0 ? yamlText(value) : String(value),
      kind: allowed.length > 0 ? CompletionItemKind.EnumMember : CompletionItemKind.Value,
      ...(usual(value) ? { detail: 'default' } : {}),
      documentation: schema.description ?? '',
      rank: usual(value) ? '0' : '1',
    }));
}
