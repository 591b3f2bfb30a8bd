import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { browserArgs } from '../in-host.ts';
import { type Editor, findChromium } from '../install.ts';
import type { Outcome } from '../outcome.ts';
import { startServer, type VsCodeServer } from '../vscode-server.ts';
import { makeWorkspace, type TestWorkspace } from '../workspace.ts';
import { cancel } from './cancel.ts';
import { closedWindow } from './closed-window.ts';
import { killedRunner } from './killed-runner.ts';
import { packageContents } from './package-contents.ts';
import { quickFix } from './quick-fix.ts';
import { runAndPanel } from './run-and-panel.ts';
import type { Scenario } from './scenario.ts';
import { untrusted } from './untrusted.ts';
import { openWorkbench } from './workbench.ts';

const scenarios: readonly Scenario[] = [quickFix, runAndPanel, cancel, killedRunner, closedWindow, untrusted];

/** Folders are trusted in one server and not in the other, where the question at the start is left out. */
const trust = { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' };

/** Installs the packed extension into VS Code and goes through the scenarios whose name has `wanted` in it. */
export async function runUi(editor: Editor, wanted: string, note: (outcome: Outcome) => void): Promise<void> {
  const chosen = scenarios.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) throw new Error(`no scenario has '${wanted}' in its name`);
  const vsix = pack();
  note(await packageContents(vsix));
  const browser = await chromium.launch({ executablePath: findChromium(), args: browserArgs });
  try {
    for (const needsTrust of [false, true]) {
      const group = chosen.filter(({ untrusted = false }) => untrusted === needsTrust);
      if (group.length === 0) continue;
      const workspaces: TestWorkspace[] = [];
      const server = await startServer(editor, { vsix, settings: needsTrust ? trust : {} });
      try {
        for (const scenario of group) note(await play(scenario, browser, server, workspaces));
      } finally {
        await server.stop();
        // Only now does nothing write into them any more.
        for (const workspace of workspaces) workspace.remove();
      }
    }
  } finally {
    await browser.close();
  }
}

async function play(
  scenario: Scenario,
  browser: Browser,
  server: VsCodeServer,
  workspaces: TestWorkspace[],
): Promise<Outcome> {
  const began = Date.now();
  const workspace = makeWorkspace();
  workspaces.push(workspace);
  scenario.prepare?.(workspace);
  const outcome = (error: unknown): Outcome => ({
    title: scenario.name,
    error: error === null ? null : error instanceof Error ? (error.stack ?? error.message) : String(error),
    ms: Date.now() - began,
  });
  const workbench = await openWorkbench(browser, server, workspace.folder).catch(
    (error: unknown) => error as Error,
  );
  if (workbench instanceof Error) return outcome(workbench);
  try {
    await scenario.run({ workbench, workspace });
    return outcome(null);
  } catch (error) {
    await workbench.screenshot(`failed-${scenario.name.replace(/\W+/g, '-')}`).catch(() => {});
    return outcome(error);
  } finally {
    await workbench.close();
  }
}

/** The extension for this machine, packed as it is published. */
function pack(): string {
  const mine = new RegExp(`^pare-${process.platform}-${process.arch}-.*\\.vsix$`);
  for (const old of readdirSync('dist').filter((name) => mine.test(name))) rmSync(join('dist', old));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/package.ts', 'here'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const made = readdirSync('dist').find((name) => mine.test(name));
  if (status !== 0 || !made) throw new Error('the extension was not packed');
  return join('dist', made);
}
