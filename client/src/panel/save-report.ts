import { join } from 'node:path';
import * as vscode from 'vscode';
import { runOnce } from '../run/run-once.ts';

const kinds = {
  html: { extension: 'html', filter: 'HTML' },
  markdown: { extension: 'md', filter: 'Markdown' },
  csv: { extension: 'csv', filter: 'CSV' },
} as const;

/** Asks where to, and has `pare report` write it: the editor's reports are the command line's. */
export async function saveReport(
  context: vscode.ExtensionContext,
  folder: string,
  format: keyof typeof kinds,
): Promise<void> {
  const { extension, filter } = kinds[format];
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(folder, `report.${extension}`)),
    filters: { [filter]: [extension] },
  });
  if (!target) return;
  await runOnce(context, target.fsPath, ['report', folder, '--format', format, '--output', target.fsPath]);
  const chosen = await vscode.window.showInformationMessage(`Saved ${target.fsPath}`, 'Open');
  if (chosen) await vscode.commands.executeCommand('vscode.open', target);
}
