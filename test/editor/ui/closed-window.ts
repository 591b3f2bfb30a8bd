import assert from 'node:assert/strict';
import { until } from '../until.ts';
import { writeLongRecipe } from '../workspace.ts';
import { isAlive, resultOf, runAtWork } from './run-folder.ts';
import type { Scenario } from './scenario.ts';

const name = 'long.pare.yaml';
const count = 120;

export const closedWindow: Scenario = {
  name: 'a window that is closed and opened again finds its run at work and follows it to the end',
  prepare: (workspace) => writeLongRecipe(workspace, name, count),
  run: async ({ workbench, workspace }) => {
    const status = workbench.panel().locator('.status');
    await workbench.openFile(name);
    await workbench.lens('Run').click();
    const { folder, pid } = await runAtWork(workspace);
    await workbench.page.reload();
    assert.ok(isAlive(pid), 'the run goes on');
    await workbench.openFile(name);
    await workbench.command('Pare: Open last report');
    await workbench.panel().locator('#root').waitFor();
    const result = await resultOf(folder, 120_000);
    assert.equal(result.steps.length, count);
    await until(
      'the result in the panel',
      async () => (await status.textContent()) === 'over budget',
      60_000,
    );
  },
};
