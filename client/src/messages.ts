import * as vscode from 'vscode';

/** Shows that something went wrong, with a button that leads to the log. */
export async function failed(what: string, why: unknown, ...buttons: readonly Button[]): Promise<void> {
  const text = why instanceof Error ? why.message : String(why);
  const all: readonly Button[] = [
    ...buttons,
    { title: 'Show output', run: () => vscode.commands.executeCommand('pare.showOutput') },
  ];
  await (await vscode.window.showErrorMessage(`${what}: ${text}`, ...all))?.run();
}

export interface Button extends vscode.MessageItem {
  readonly run: () => unknown;
}

/** False, with an explanation, where the user has not said that the folder's files may be acted upon. */
export function mayRun(): boolean {
  if (vscode.workspace.isTrusted) return true;
  void vscode.window
    .showWarningMessage(
      'Pare runs recipes only in trusted folders: a run loads the model and the data that the recipe names. Checking them works here.',
      'Manage trust',
    )
    .then((chosen) => chosen && vscode.commands.executeCommand('workbench.trust.manage'));
  return false;
}
