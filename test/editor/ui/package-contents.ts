import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { listFiles, PackageManager } from '@vscode/vsce';
import type { Outcome } from '../outcome.ts';

const needed = [
  'package.json',
  'dist/extension.js',
  'dist/server.js',
  'dist/pare.js',
  'dist/webview.js',
  'dist/webview.css',
];
const largest = 40e6;

/** The extension is what the allowlist names: nothing is missing, and nothing has slipped in. */
export async function packageContents(vsix: string): Promise<Outcome> {
  const began = Date.now();
  const title = 'the packed extension holds what it needs, and no sources';
  try {
    const files = await listFiles({ packageManager: PackageManager.None });
    for (const name of [...needed, 'dist/report.html', 'dist/THIRD-PARTY-NOTICES.txt'])
      assert.ok(files.includes(name), `${name} is missing`);
    const strange = files.filter((name) =>
      /\.(ts|map|onnx|gz|test\.js)$|^(test|server|webview|examples|scripts)\//.test(name),
    );
    assert.deepEqual(strange, []);
    assert.ok(statSync(vsix).size < largest, `${statSync(vsix).size} bytes`);
    return { title, error: null, ms: Date.now() - began };
  } catch (error) {
    return { title, error: String(error), ms: Date.now() - began };
  }
}
