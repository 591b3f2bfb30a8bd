import * as vscode from 'vscode';
import { mayRun } from '../messages.ts';
import { recipeUri } from '../recipe-uri.ts';
import type { Feature } from '../services.ts';

/** Run and Resume, from the palette, a lens, a menu or a quick fix. */
export const runs: Feature = ({ context, runs }) => {
  const command = (name: string, resume: boolean) =>
    vscode.commands.registerCommand(name, async (given: unknown) => {
      if (!mayRun()) return;
      const recipe = await recipeUri(given);
      if (recipe) await runs.start(recipe, { resume });
    });
  context.subscriptions.push(command('pare.run', false), command('pare.resume', true));
};
