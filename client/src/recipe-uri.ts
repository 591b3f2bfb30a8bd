import * as vscode from 'vscode';

export const recipePattern = '**/*.pare.{yaml,yml}';
export const isRecipe = ({ path }: vscode.Uri): boolean => /\.pare\.ya?ml$/i.test(path);

/**
 * The recipe that a command is about: the one that it was called with (a lens gives text, a menu a URI), the active
 * editor's, the only one of the workspace, or the one that the user picks. It is saved first, since a run reads the file.
 */
export async function recipeUri(given: unknown): Promise<vscode.Uri | undefined> {
  const uri = await find(given);
  if (!uri) return undefined;
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document?.isDirty && !(await document.save())) return undefined;
  if (uri.scheme !== 'file') {
    void vscode.window.showWarningMessage('Pare can run a recipe only from a file on this machine.');
    return undefined;
  }
  return uri;
}

async function find(given: unknown): Promise<vscode.Uri | undefined> {
  if (typeof given === 'string') return vscode.Uri.parse(given);
  if (given instanceof vscode.Uri) return given;
  const active = vscode.window.activeTextEditor?.document.uri;
  if (active && isRecipe(active)) return active;
  const found = await vscode.workspace.findFiles(recipePattern, '**/{node_modules,.pare}/**', 200);
  if (found.length === 0) {
    void vscode.window.showInformationMessage('There is no recipe (*.pare.yaml) in this workspace.');
    return undefined;
  }
  if (found.length === 1) return found[0];
  const picked = await vscode.window.showQuickPick(
    found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })),
    { placeHolder: 'Which recipe?' },
  );
  return picked?.uri;
}
