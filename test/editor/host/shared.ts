import * as assert from 'node:assert';
import * as vscode from 'vscode';
import { until } from '../until.ts';

export const extensionId = 'pare.pare';

export const root = (): vscode.Uri => vscode.workspace.workspaceFolders![0]!.uri;
export const inRoot = (name: string): vscode.Uri => vscode.Uri.joinPath(root(), name);

export async function open(name: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(inRoot(name));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The first place of a text in a document, `within` characters into it. */
export function placeOf(document: vscode.TextDocument, text: string, within = 1): vscode.Position {
  const offset = document.getText().indexOf(text);
  assert.ok(offset >= 0, `no '${text}' in ${document.fileName}`);
  return document.positionAt(offset + within);
}

export const problemWith = (uri: vscode.Uri, pattern: RegExp): Promise<vscode.Diagnostic> =>
  until(`a problem like ${pattern}`, () =>
    vscode.languages.getDiagnostics(uri).find(({ message }) => pattern.test(message)),
  );

export const noProblem = (uri: vscode.Uri, pattern: RegExp): Promise<true> =>
  until(
    `no problem like ${pattern}`,
    () => !vscode.languages.getDiagnostics(uri).some(({ message }) => pattern.test(message)),
  );

/** The text of a hover, a hint's tooltip and the like. */
export const plain = (content: string | vscode.MarkdownString | vscode.MarkedString | undefined): string =>
  typeof content === 'string' ? content : (content?.value ?? '');
