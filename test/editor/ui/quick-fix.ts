import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { until } from '../until.ts';
import { recipeName } from '../workspace.ts';
import { runFolders } from './run-folder.ts';
import type { Scenario } from './scenario.ts';
import { untilCount } from './workbench.ts';

export const quickFix: Scenario = {
  name: 'a misspelt layer has a squiggle, and a quick fix mends it; a dry run says what would be done',
  prepare: (workspace) => {
    const path = workspace.path(recipeName);
    writeFileSync(path, readFileSync(path, 'utf8').replace('conv1:', 'cnov1:'));
  },
  run: async ({ workbench, workspace }) => {
    const { page } = workbench;
    await workbench.openFile(recipeName);
    const squiggle = page.locator('.monaco-editor .squiggly-error');
    await squiggle.first().waitFor();
    await workbench.screenshot('squiggle');
    await page
      .locator('.view-line span', { hasText: /^cnov1$/ })
      .last()
      .click();
    await page.keyboard.press('Control+.');
    await page.locator('.action-widget', { hasText: "Change to 'conv1'" }).waitFor();
    await workbench.screenshot('quick-fix');
    await page.keyboard.press('Enter');
    await untilCount('no squiggle', squiggle, 0);
    await page.keyboard.press('Control+s');
    const mended = await until('the mended file', () => {
      const text = readFileSync(workspace.path(recipeName), 'utf8');
      return text.includes('conv1:') && text;
    });
    assert.ok(!mended.includes('cnov1'));

    // What is mended can be tried without being run.
    await workbench.lens('Dry run').click();
    await page.locator('.tab[aria-label*="dry run"]').waitFor();
    await page.locator('.view-line', { hasText: /Nothing.was.run/ }).waitFor();
    await workbench.screenshot('dry-run');
    assert.deepEqual(runFolders(workspace), []);
  },
};
