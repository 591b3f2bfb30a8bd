import { basename } from 'node:path';
import * as vscode from 'vscode';
import { failed, mayRun } from '../messages.ts';
import { recipeUri } from '../recipe-uri.ts';
import { runOnce } from '../run/run-once.ts';
import type { Feature } from '../services.ts';

const scheme = 'pare-dry-run';

/** Checks a recipe with its model and data and says beside it what a run would do, without doing it. */
export const dryRun: Feature = ({ context }) => {
  const texts = new Map<string, string>();
  const changed = new vscode.EventEmitter<vscode.Uri>();
  context.subscriptions.push(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: (uri) => texts.get(uri.path) ?? '',
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (uri.scheme === scheme) texts.delete(uri.path);
    }),
    vscode.commands.registerCommand('pare.dryRun', async (given: unknown) => {
      if (!mayRun()) return;
      const recipe = await recipeUri(given);
      if (!recipe) return;
      try {
        const lines = await runOnce(context, recipe.fsPath, ['run', recipe.fsPath, '--dry-run']);
        const uri = vscode.Uri.from({ scheme, path: `${recipe.path}: dry run.txt` });
        texts.set(uri.path, `${lines.join('\n')}\n`);
        changed.fire(uri);
        await vscode.window.showTextDocument(uri, {
          viewColumn: vscode.ViewColumn.Beside,
          preserveFocus: true,
          preview: true,
        });
      } catch (error) {
        await failed(basename(recipe.fsPath), error);
      }
    }),
  );
};
