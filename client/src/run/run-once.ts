import { dirname } from 'node:path';
import type * as vscode from 'vscode';
import { startRunner } from './runner-process.ts';

/** The runner's script and what runs it: the editor's own Node. */
export const runnerPlace = (context: vscode.ExtensionContext) => ({
  node: process.execPath,
  script: context.asAbsolutePath('dist/pare.js'),
});

/** Runs a command of `pare` about a file to its end. Throws what it says on standard error when it fails. */
export async function runOnce(
  context: vscode.ExtensionContext,
  file: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  const { code, signal, stderr } = await startRunner({
    ...runnerPlace(context),
    args,
    cwd: dirname(file),
    onEvent: () => {},
    onLog: (line) => lines.push(line),
  }).done;
  if (code !== 0) throw new Error(complaint(stderr) ?? `pare ended with ${signal ?? code}`);
  return lines;
}

/** The first line of an error as the command line prints it, without its name. */
export const complaint = (stderr: string): string | undefined =>
  /^pare: (.*)$/m.exec(stderr)?.[1] ?? stderr.split('\n').find((line) => line !== '');
