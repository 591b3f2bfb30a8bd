import { basename } from 'node:path';
import * as vscode from 'vscode';
import { failed, mayRun } from '../messages.ts';
import { recipeUri } from '../recipe-uri.ts';
import { runOnce } from '../run/run-once.ts';
import type { Feature } from '../services.ts';

/** Checks a recipe with its model and data and says what a run would do, without doing it. */
export const dryRun: Feature = ({ context, log }) => {
  context.subscriptions.push(
    vscode.commands.registerCommand('pare.dryRun', async (given: unknown) => {
      if (!mayRun()) return;
      const recipe = await recipeUri(given);
      if (!recipe) return;
      try {
        const lines = await runOnce(context, recipe.fsPath, ['run', recipe.fsPath, '--dry-run']);
        for (const line of lines) log.info(line);
        log.show(true);
      } catch (error) {
        await failed(basename(recipe.fsPath), error);
      }
    }),
  );
};
