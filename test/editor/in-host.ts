import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { format } from 'node:util';
import { runTests } from '@vscode/test-electron';
import { chromium } from 'playwright-core';
import { type Editor, findChromium } from './install.ts';
import type { Outcome } from './outcome.ts';
import { startServer } from './vscode-server.ts';
import { makeWorkspace } from './workspace.ts';

const suite = resolve('.tsbuild/editor/suite.cjs');
const patienceMs = 5 * 60_000;

/** Runs the suite inside the extension host of VS Code's server, shown by a browser without a screen. */
export async function runInHost(editor: Editor): Promise<readonly Outcome[]> {
  const workspace = makeWorkspace();
  const results = join(workspace.folder, '.results.json');
  const server = await startServer(editor, { forTests: true, env: { PARE_TEST_RESULTS: results } });
  const browser = await chromium.launch({ executablePath: findChromium(), args: browserArgs });
  try {
    const page = await browser.newPage();
    const exit = new Promise<unknown>((resolveExit) => {
      void page.exposeFunction('codeAutomationExit', resolveExit);
    });
    await page.exposeFunction('codeAutomationLog', (_: string, args: readonly unknown[]) => {
      if (process.env.PARE_VERBOSE) console.log(format(...args));
    });
    const payload = { extensionDevelopmentPath: resolve('.'), extensionTestsPath: suite };
    await page.goto(server.url(workspace.folder, payload));
    const timer = new AbortController();
    const late = new Promise<never>((_, reject) => {
      const id = setTimeout(
        () => reject(new Error('The suite in the extension host did not end.')),
        patienceMs,
      );
      timer.signal.addEventListener('abort', () => clearTimeout(id));
    });
    try {
      await Promise.race([exit, late]);
    } catch (error) {
      await page.screenshot({ path: 'test-results/in-host.png' });
      throw error;
    } finally {
      timer.abort();
    }
    return JSON.parse(readFileSync(results, 'utf8')) as Outcome[];
  } finally {
    await browser.close();
    await server.stop();
    workspace.remove();
  }
}

/** The same suite in VS Code's desktop program, which @vscode/test-electron downloads: where the network allows it. */
export async function runInElectron(): Promise<readonly Outcome[]> {
  const workspace = makeWorkspace();
  const results = join(workspace.folder, '.results.json');
  rmSync(results, { force: true });
  try {
    await runTests({
      extensionDevelopmentPath: resolve('.'),
      extensionTestsPath: suite,
      extensionTestsEnv: { PARE_TEST_RESULTS: results },
      launchArgs: [workspace.folder, '--disable-workspace-trust', '--disable-extensions'],
    }).catch((error: unknown) => console.error(String(error)));
    return JSON.parse(readFileSync(results, 'utf8')) as Outcome[];
  } finally {
    workspace.remove();
  }
}

export const browserArgs: string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
];
