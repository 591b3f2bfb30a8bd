import * as assert from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { RunResult } from '../../../server/src/protocol/run.ts';
import { until } from '../until.ts';
import { recipeName } from '../workspace.ts';
import { inRoot, open } from './shared.ts';

const benchmarkTab = () =>
  vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .find(
      ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('pare.benchmark'),
    );

describe('runs in the editor', () => {
  it('runs a recipe by command, keeps its result and opens the panel', async () => {
    await open(recipeName);
    await vscode.commands.executeCommand('pare.run', inRoot(recipeName));
    const runs = inRoot('.pare/runs').fsPath;
    const folders = existsSync(runs) ? readdirSync(runs) : [];
    assert.strictEqual(folders.length, 1);
    const result = JSON.parse(readFileSync(join(runs, folders[0]!, 'result.json'), 'utf8')) as RunResult;
    assert.ok(['done', 'over-budget'].includes(result.status), result.error?.message);
    assert.ok(existsSync(result.artifacts.model!));
    assert.ok(result.before!.accuracy!.value > 0.9);
    const tab = await until('the panel', benchmarkTab);
    assert.match(tab.label, /fashion/);
  });

  it('opens the last report again', async () => {
    await vscode.window.tabGroups.close(benchmarkTab()!);
    assert.strictEqual(benchmarkTab(), undefined);
    await vscode.commands.executeCommand('pare.openReport', inRoot(recipeName));
    await until('the panel', benchmarkTab);
  });

  it('says what is wrong with a recipe that cannot run, and leaves no run behind', async () => {
    const bad = inRoot('bad.pare.yaml');
    await vscode.workspace.fs.writeFile(
      bad,
      new TextEncoder().encode('model: nothing.onnx\nsteps: [optimize: {}]\n'),
    );
    const before = readdirSync(inRoot('.pare/runs').fsPath);
    await vscode.commands.executeCommand('pare.run', bad);
    assert.deepStrictEqual(readdirSync(inRoot('.pare/runs').fsPath), before);
    await vscode.workspace.fs.delete(bad);
  });
});
