import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import type { OpenRecipe, Workspace } from '../workspace.ts';

interface OfDocument {
  readonly textDocument: { readonly uri: string };
}

/** A handler for requests about an open recipe: null for other documents, an error for a request that was cancelled meanwhile. */
export function forRecipe<P extends OfDocument, R>(
  workspace: Workspace,
  answer: (recipe: OpenRecipe, params: P) => R | Promise<R>,
): (params: P, token: CancellationToken) => Promise<R | null | ResponseError<void>> {
  return async (params, token) => {
    const cancelled = () => new ResponseError<void>(LSPErrorCodes.RequestCancelled, 'Cancelled.');
    if (token.isCancellationRequested) return cancelled();
    const recipe = workspace.recipe(params.textDocument.uri);
    if (!recipe) return null;
    const result = await answer(recipe, params);
    return token.isCancellationRequested ? cancelled() : result;
  };
}
