import assert from 'node:assert/strict';
import { until } from '../until.ts';
import { writeLongRecipe } from '../workspace.ts';
import { eventsOf, isAlive, resultOf, runAtWork, runFolders } from './run-folder.ts';
import type { Scenario } from './scenario.ts';

const name = 'long.pare.yaml';
const count = 100;

export const cancel: Scenario = {
  name: 'cancel stops the runner within two seconds and keeps the finished steps',
  prepare: (workspace) => writeLongRecipe(workspace, name, count),
  run: async ({ workbench, workspace }) => {
    await workbench.openFile(name);
    await workbench.lens('Run').click();
    const { folder, pid } = await runAtWork(workspace);
    await workbench.screenshot('running');
    const button = workbench.notification('Pare: long').getByRole('button', { name: 'Cancel' });
    await button.click();
    const asked = Date.now();
    await until('the end of the runner', () => !isAlive(pid), 5000);
    assert.ok(Date.now() - asked < 2000, `${Date.now() - asked} ms`);
    const kept = eventsOf(folder).filter(({ type }) => type === 'step-finished').length;
    assert.ok(kept > 0 && kept <= count, `${kept} steps`);
    assert.ok(
      !eventsOf(folder).some((event) => event.type === 'run-finished' && event.result.status !== 'cancelled'),
    );

    await workbench
      .notification(/cancelled|stopped/)
      .getByRole('button', { name: 'Resume' })
      .click();
    const resumed = await until(
      'the resumed run',
      async () => {
        const result = await resultOf(runFolders(workspace).at(-1)!, 120_000);
        return result.status !== 'cancelled' && result;
      },
      120_000,
    );
    assert.equal(resumed.steps.length, count);
    assert.ok(
      resumed.steps.slice(0, kept).every(({ cached }) => cached),
      'the finished steps come from the cache',
    );
  },
};
