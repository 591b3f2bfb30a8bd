import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { recipeName } from '../workspace.ts';
import type { Scenario } from './scenario.ts';

export const untrusted: Scenario = {
  name: 'in a folder that is not trusted, recipes are checked and runs are refused',
  untrusted: true,
  prepare: (workspace) => {
    const path = workspace.path(recipeName);
    writeFileSync(path, readFileSync(path, 'utf8').replace('conv1:', 'cnov1:'));
  },
  run: async ({ workbench, workspace }) => {
    await workbench.openFile(recipeName);
    await workbench.page.getByText('Restricted Mode').first().waitFor();
    await workbench.page.locator('.monaco-editor .squiggly-error').first().waitFor();
    await workbench.lens('Run').click();
    await workbench.notification('only in trusted folders').waitFor();
    await workbench.screenshot('restricted');
    assert.ok(!existsSync(workspace.path('.pare')), 'nothing was run');
  },
};
