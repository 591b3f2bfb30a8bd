import * as vscode from 'vscode';
import type { Feature } from '../services.ts';

export const output: Feature = ({ context, log }) => {
  context.subscriptions.push(vscode.commands.registerCommand('pare.showOutput', () => log.show()));
};
