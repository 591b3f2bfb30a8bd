import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { RunResult } from '../../../server/src/protocol/run.ts';
import { makeWorkspace, writeLongRecipe } from '../workspace.ts';
import { essence, resultOf, runAtWork, runFolders } from './run-folder.ts';
import type { Scenario } from './scenario.ts';

const name = 'long.pare.yaml';
const count = 60;

export const killedRunner: Scenario = {
  name: 'a killed runner leaves the editor working, and the resumed run has the same result',
  prepare: (workspace) => writeLongRecipe(workspace, name, count),
  run: async ({ workbench, workspace }) => {
    const { page } = workbench;
    await workbench.openFile(name);
    await workbench.lens('Run').click();
    const { pid } = await runAtWork(workspace);
    process.kill(pid, 'SIGKILL');
    const message = workbench.notification('the runner stopped');
    await message.waitFor();
    await workbench.screenshot('killed');

    // The server still answers: a new mistake is marked, and gone when it is taken back.
    await page.locator('.monaco-editor .view-lines').first().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('nonsense: 1');
    await page.locator('.monaco-editor .squiggly-error').first().waitFor();
    for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+s');

    await message.getByRole('button', { name: 'Resume' }).click();
    const resumed = await resultOf(runFolders(workspace).at(-1)!, 120_000);
    assert.equal(resumed.error, null);
    assert.ok(resumed.steps.some(({ cached }) => cached));
    assert.deepEqual(essence(resumed), essence(uninterrupted()));
  },
};

/** The same recipe, run by the command line in another folder without a cache. */
function uninterrupted(): RunResult {
  const other = makeWorkspace();
  try {
    writeLongRecipe(other, name, count);
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [resolve('dist/pare.js'), 'run', other.path(name), '--json'],
      { encoding: 'utf8', maxBuffer: 2 ** 28 },
    );
    if (!stdout.startsWith('{')) throw new Error(stderr);
    return JSON.parse(stdout) as RunResult;
  } finally {
    other.remove();
  }
}
