import { join } from 'node:path';
import type { ClientCapabilities, Connection, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { recipeProblems } from '../diagnostics/check.ts';
import type { RecipeContext } from '../diagnostics/define.ts';
import { createFileFacts, type FileFacts } from '../diagnostics/file-facts.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { type ParsedRecipe, parsedRecipe, recipeContext } from '../diagnostics/recipe-context.ts';
import type { LanguageSettings } from '../protocol/language.ts';
import { pathOfUri } from './uris.ts';

/** The open recipes and the models and data that they name, each read once per version. */
export interface Workspace {
  /** Path of the first folder that is open. */
  readonly root: string | undefined;
  /** What the editor can do. */
  readonly client: ClientCapabilities;
  readonly documents: TextDocuments<TextDocument>;
  readonly facts: FileFacts;
  /** The open recipe of this URI, or undefined for other documents. */
  readonly recipe: (uri: string) => OpenRecipe | undefined;
  readonly settings: (uri: string) => Promise<LanguageSettings>;
  /** Settings have changed: they are asked for anew. */
  readonly forgetSettings: () => void;
}

export interface OpenRecipe {
  readonly document: TextDocument;
  readonly file: string;
  readonly context: RecipeContext;
  /** Found on first use. */
  readonly problems: () => readonly Problem[];
}

export interface WorkspaceOptions {
  readonly root: string | undefined;
  readonly client: ClientCapabilities;
}

export const defaultSettings = (): LanguageSettings => ({
  diagnostics: { ignore: [] },
  inlayHints: { enabled: true },
});

export function createWorkspace(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  options: WorkspaceOptions,
): Workspace {
  const facts = createFileFacts();
  const parsed = new Map<string, { readonly version: number; readonly recipe: ParsedRecipe }>();
  const open = new Map<string, OpenRecipe>();
  const settings = new Map<string, Promise<LanguageSettings>>();
  documents.onDidClose(({ document }) => {
    for (const cache of [parsed, open, settings]) cache.delete(document.uri);
  });
  return {
    ...options,
    documents,
    facts,
    recipe: (uri) => {
      const document = documents.get(uri);
      if (!document || !isRecipe(document)) return undefined;
      let known = parsed.get(uri);
      if (known?.version !== document.version) {
        known = { version: document.version, recipe: parsedRecipe(document.getText()) };
        parsed.set(uri, known);
      }
      const file = pathOfUri(uri) ?? join(options.root ?? '/', 'untitled.pare.yaml');
      const previous = open.get(uri);
      const context = recipeContext(known.recipe, file, facts);
      if (previous && sameContext(previous.context, context)) return previous;
      let problems: readonly Problem[] | undefined;
      const recipe: OpenRecipe = {
        document,
        file,
        context,
        problems: () => (problems ??= recipeProblems(context)),
      };
      open.set(uri, recipe);
      return recipe;
    },
    settings: (uri) => {
      const known = settings.get(uri);
      if (known) return known;
      const asked = options.client.workspace?.configuration
        ? connection.workspace.getConfiguration({ scopeUri: uri, section: 'pare' }).then(readSettings)
        : Promise.resolve(defaultSettings());
      settings.set(uri, asked);
      asked.catch(() => settings.delete(uri));
      return asked;
    },
    forgetSettings: () => settings.clear(),
  };
}

const isRecipe = ({ uri, languageId }: TextDocument): boolean =>
  languageId === 'pare-recipe' || /\.pare\.ya?ml$/i.test(uri);

/** Settings as the client has them, whose values may be anything; what is missing or of another kind has its default. */
export function readSettings(given: unknown): LanguageSettings {
  const { diagnostics, inlayHints } = (given ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const ignore = diagnostics?.ignore;
  return {
    diagnostics: {
      ignore: Array.isArray(ignore) ? ignore.filter((code) => typeof code === 'string') : [],
    },
    inlayHints: { enabled: inlayHints?.enabled !== false },
  };
}

function sameContext(a: RecipeContext, b: RecipeContext): boolean {
  return (
    a.recipe === b.recipe &&
    a.model === b.model &&
    a.modelError?.message === b.modelError?.message &&
    a.data.train === b.data.train &&
    a.data.test === b.data.test
  );
}
