import * as assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { formatBytes, formatCount, formatPercent } from '../../../server/src/base/units.ts';
import { until } from '../until.ts';
import { type Inspected, inspect, modelName, recipeName } from '../workspace.ts';
import { extensionId, inRoot, noProblem, open, placeOf, plain, problemWith, root } from './shared.ts';

describe('recipes in the editor', () => {
  let facts: Inspected;
  before(() => {
    const { extensionPath } = vscode.extensions.getExtension(extensionId)!;
    facts = inspect(inRoot(modelName).fsPath, join(extensionPath, 'dist/pare.js'));
    assert.ok(facts.layers.length > 2);
  });
  const layer = (name: string) => facts.layers.find((each) => each.name === name)!;

  it('opens a recipe in its own language, which starts the extension', async () => {
    const document = await open(recipeName);
    assert.strictEqual(document.languageId, 'pare-recipe');
    await until('the extension is active', () => vscode.extensions.getExtension(extensionId)!.isActive);
  });

  it('finds nothing wrong with the example', async () => {
    const document = await open(recipeName);
    // A lens shows that the server has answered.
    await until('lenses', async () => (await lensesOf(document)).length > 0);
    assert.deepStrictEqual(
      vscode.languages.getDiagnostics(document.uri).map(({ message }) => message),
      [],
    );
  });

  it('marks a misspelt layer, and a quick fix mends it', async () => {
    const document = await open(recipeName);
    const start = placeOf(document, 'conv1:', 0);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(start, start.translate(0, 5)), 'cov1');
    await vscode.workspace.applyEdit(edit);
    const problem = await problemWith(document.uri, /cov1/);
    assert.strictEqual(document.getText(problem.range), 'cov1');
    assert.strictEqual(problem.severity, vscode.DiagnosticSeverity.Error);
    // Right after a change the editor may answer with nothing; it asks again when the cursor moves, and so does this.
    const edits = await until('a quick fix to conv1', async () => {
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        problem.range,
        vscode.CodeActionKind.QuickFix.value,
      );
      return actions.find(({ title }) => title.includes('conv1'))?.edit;
    });
    await vscode.workspace.applyEdit(edits);
    assert.ok(document.getText().includes('\n  conv1:'));
    await noProblem(document.uri, /cov1/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('shows on hover what the layer costs', async () => {
    const document = await open(recipeName);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      placeOf(document, 'conv1:'),
    );
    const text = hovers.flatMap(({ contents }) => contents.map(plain)).join('\n');
    const { parameters, macs, bytes } = layer('conv1');
    for (const number of [
      formatCount(parameters),
      formatCount(macs),
      formatBytes(bytes),
      formatPercent(macs / facts.macs, 1),
    ])
      assert.ok(text.includes(number), `no ${number} in: ${text}`);
  });

  it('shows on hover what a setting means', async () => {
    const document = await open(recipeName);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      placeOf(document, 'sparsity:'),
    );
    assert.match(hovers.flatMap(({ contents }) => contents.map(plain)).join(''), /zero/i);
  });

  it('shows beside a layer what it costs', async () => {
    const document = await open(recipeName);
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      new vscode.Range(0, 0, document.lineCount, 0),
    );
    const { parameters, macs } = layer('conv1');
    const labels = hints.map(({ label }) =>
      typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
    );
    assert.ok(
      labels.some(
        (label) =>
          label.includes(formatCount(parameters)) && label.includes(formatPercent(macs / facts.macs, 1)),
      ),
      labels.join(' | '),
    );
  });

  it('completes the names of layers and of steps', async () => {
    const document = await vscode.workspace.openTextDocument(inRoot(recipeName));
    await vscode.window.showTextDocument(document);
    const offered = async (place: vscode.Position) =>
      (
        await vscode.commands.executeCommand<vscode.CompletionList>(
          'vscode.executeCompletionItemProvider',
          document.uri,
          place,
        )
      ).items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    const insert = async (after: string, text: string) => {
      const place = document.positionAt(document.getText().indexOf(after) + after.length);
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, place, text);
      await vscode.workspace.applyEdit(edit);
      return document.positionAt(document.offsetAt(place) + text.length);
    };
    const names = await offered(await insert('\nlayers:', '\n  '));
    for (const { name } of facts.layers.filter((each) => each.parameters > 0 && each.name !== 'conv1'))
      assert.ok(
        names.some((label) => label.includes(name)),
        `${name} is not among ${names.join()}`,
      );
    await vscode.commands.executeCommand('workbench.action.files.revert');
    const steps = await offered(await insert('\nsteps:', '\n  - '));
    for (const step of ['optimize', 'prune', 'quantize'])
      assert.ok(
        steps.some((label) => label.includes(step)),
        `${step} is not among ${steps.join()}`,
      );
    await vscode.commands.executeCommand('workbench.action.files.revert');
  });

  it('offers to run the recipe, dry or not', async () => {
    const document = await open(recipeName);
    const lenses = await lensesOf(document);
    assert.deepStrictEqual(lenses.map(({ command }) => command?.command).sort(), ['pare.dryRun', 'pare.run']);
    assert.ok(lenses.every(({ command }) => command?.arguments?.[0] === document.uri.toString()));
  });

  it('puts what is wrong with a model among the problems', async () => {
    const broken = inRoot('broken.onnx');
    const model = await vscode.workspace.fs.readFile(inRoot(modelName));
    writeFileSync(broken.fsPath, model.subarray(0, model.length >> 1));
    const problem = await until(
      'a problem of the cut-off model',
      () => vscode.languages.getDiagnostics(broken)[0],
    );
    assert.strictEqual(problem.severity, vscode.DiagnosticSeverity.Error);
    await vscode.workspace.fs.delete(broken);
    await until(
      'no problem of the deleted model',
      () => vscode.languages.getDiagnostics(broken).length === 0,
    );
  });

  it('answers again after its server was restarted', async () => {
    await vscode.commands.executeCommand('pare.restartServer');
    const document = await open(recipeName);
    await until('lenses', async () => (await lensesOf(document)).length === 2);
    assert.ok(root());
  });
});

const lensesOf = async ({ uri }: vscode.TextDocument): Promise<readonly vscode.CodeLens[]> =>
  (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri)).filter(
    ({ command }) => command?.command.startsWith('pare.'),
  );
