import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** The page of the benchmark panel: its own script and style, and nothing else from anywhere. */
export function page(webview: vscode.Webview, extension: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64');
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extension, 'dist', name));
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}; font-src ${webview.cspSource}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pare</title>
<link rel="stylesheet" href="${file('webview.css')}">
</head>
<body>
<main id="root"></main>
<script nonce="${nonce}" src="${file('webview.js')}"></script>
</body>
</html>`;
}
