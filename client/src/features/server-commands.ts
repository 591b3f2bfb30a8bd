import * as vscode from 'vscode';
import { failed } from '../messages.ts';
import type { Feature } from '../services.ts';

/** Starts the server when a recipe is open, and on request anew. */
export const serverCommands: Feature = ({ context, server, log }) => {
  const startFor = ({ languageId }: vscode.TextDocument) => {
    if (languageId === 'pare-recipe') server.start().catch((error) => failed('Pare', error));
  };
  vscode.workspace.textDocuments.forEach(startFor);
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.commands.registerCommand('pare.restartServer', async () => {
      log.info('Restarting the language server.');
      await server.restart();
    }),
  );
};
