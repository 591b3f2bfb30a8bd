import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { until } from '../until.ts';
import type { VsCodeServer } from '../vscode-server.ts';

/** The workbench as its user has it: by keyboard, mouse and what is on the screen. */
export interface Workbench {
  readonly page: Page;
  /** Messages of the browser's console that speak of a broken content security policy. */
  readonly violations: readonly string[];
  readonly openFile: (name: string) => Promise<void>;
  readonly command: (title: string) => Promise<void>;
  readonly lens: (title: string) => Locator;
  /** The notification whose text holds this. */
  readonly notification: (text: string | RegExp) => Locator;
  /** The page inside the benchmark panel. */
  readonly panel: () => FrameLocator;
  readonly screenshot: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openWorkbench(
  browser: Browser,
  server: VsCodeServer,
  folder: string,
): Promise<Workbench> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const violations: string[] = [];
  page.on('console', (message) => {
    if (
      /pare\.pare|webview\.js|Refused to/.test(message.text()) &&
      /Content Security Policy/.test(message.text())
    )
      violations.push(message.text());
  });
  await page.goto(server.url(folder));
  await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  const explorer = page.locator('.explorer-folders-view');
  await explorer.locator('[role=treeitem]').first().waitFor({ timeout: 60_000 });
  return {
    page,
    violations,
    openFile: async (name) => {
      await explorer.locator(`[role=treeitem][aria-label^="${name}"]`).dblclick();
      await page.locator(`.tab.active[aria-label^="${name}"]`).waitFor();
    },
    command: async (title) => {
      await page.keyboard.press('F1');
      const input = page.locator('.quick-input-widget input[type=text]');
      await input.waitFor();
      await input.fill(`>${title}`);
      await page.locator(`.quick-input-list .monaco-list-row[aria-label^="${title}"]`).first().click();
      // It fades: what stands under it can be clicked and photographed only then.
      await page.waitForTimeout(400);
    },
    lens: (title) =>
      page.locator('.codelens-decoration a').filter({ hasText: new RegExp(`^\\s*${title}\\s*$`) }),
    notification: (text) => page.locator('.notification-list-item', { hasText: text }).first(),
    panel: () => page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame'),
    screenshot: async (name) => {
      await page.screenshot({ path: `test-results/${name}.png` });
    },
    close: () => context.close(),
  };
}

/** Waits until the count of elements is as wanted. */
export const untilCount = (what: string, locator: Locator, wanted: number): Promise<boolean> =>
  until(what, async () => (await locator.count()) === wanted);
