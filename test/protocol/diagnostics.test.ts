import { existsSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type CodeAction,
  CodeActionKind,
  CodeActionRequest,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import { layer, sketch } from '../../server/src/diagnostics/shared/sketch.ts';
import { saveModel } from '../../server/src/onnx/files.ts';
import { writeExample } from './example.ts';
import { positionOf, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let settings: unknown = null;
beforeAll(async () => {
  server = await startTestServer({ settings: () => settings });
});
beforeEach(() => writeExample(server));
afterAll(() => server.stop());

const codes = async (uri: string) => (await server.diagnostics(uri)).map(({ code }) => code);

async function fixes(uri: string): Promise<readonly CodeAction[]> {
  const actions = [];
  for (const diagnostic of await server.diagnostics(uri))
    actions.push(
      ...((await server.connection.sendRequest(CodeActionRequest.type, {
        textDocument: { uri },
        range: diagnostic.range,
        context: { diagnostics: [diagnostic], only: [CodeActionKind.QuickFix] },
      })) ?? []),
    );
  return actions as CodeAction[];
}

/** The text after an action's edits, which are all within single lines here. */
function applied(text: string, action: CodeAction): string {
  const lines = text.split('\n');
  for (const { range, newText } of (Object.values(action.edit!.changes!)[0] as TextEdit[]).toReversed()) {
    const line = lines[range.start.line]!;
    lines[range.start.line] =
      line.slice(0, range.start.character) + newText + line.slice(range.end.character);
  }
  return lines.join('\n');
}

describe('of a recipe', () => {
  it('stand at their places', async () => {
    const uri = await server.open('modle: nowhere.onnx\nsteps:\n  - nonsense: {}\n');
    const found = await server.diagnostics(uri);
    expect(found.map(({ code, range, severity, source }) => ({ code, range, severity, source }))).toEqual(
      expect.arrayContaining([
        {
          code: 'unknown-key',
          range: { start: { line: 0, character: 0 }, end: { line: 0, character: 5 } },
          severity: 1,
          source: 'pare',
        },
        {
          code: 'unknown-step',
          range: { start: { line: 2, character: 4 }, end: { line: 2, character: 12 } },
          severity: 1,
          source: 'pare',
        },
      ]),
    );
  });

  it('a misspelt layer is mended by its quick fix', async () => {
    const text = 'model: small model.onnx\nsteps:\n  - prune: {}\nlayers:\n  conv_1: {prune: {skip: true}}\n';
    const uri = await server.open(text);
    expect(await codes(uri)).toContain('unknown-layer');
    const action = (await fixes(uri)).find(({ title }) => title.includes('conv1'));
    expect(action).toMatchObject({ title: "Change to 'conv1'", kind: 'quickfix', isPreferred: true });
    const mended = applied(text, action!);
    expect(mended).toContain('  conv1: {');
    await server.change(uri, mended);
    expect(await codes(uri)).not.toContain('unknown-layer');
  });

  it('follow the files that the recipe names', async () => {
    const uri = await server.open(
      'model: new/model.onnx\ndata: {test: {images: data/images.npy, labels: data/labels.npy}}\nsteps: [optimize: {}]\n',
    );
    expect(await codes(uri)).toEqual(['file-missing']);
    const path = server.write('new/model.onnx', 'hello');
    expect(await codes(uri)).toEqual(['not-a-model']);
    saveModel(
      sketch({
        inputs: { x: ['N', 3, 9, 9] },
        outputs: { y: ['N', 4, 9, 9] },
        constants: { 'conv.weight': [4, 3, 1, 1] },
        nodes: [layer('conv', 'Conv', 'x', 'y')],
      }),
      path,
    );
    expect(await codes(uri)).toEqual(['data-shape']);
    truncateSync(path, 100);
    expect(await codes(uri)).toEqual(['model-truncated']);
    rmSync(path);
    expect(await codes(uri)).toEqual(['file-missing']);
  });

  it('a step offers to leave the first or the last layer out', async () => {
    const { text, position } = positionOf('model: small model.onnx\nsteps:\n  - pr<|>une: {}\n');
    const uri = await server.open(text);
    const range = { start: position, end: position };
    const actions = (await server.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri },
      range,
      context: { diagnostics: [], only: [CodeActionKind.Refactor] },
    })) as CodeAction[];
    expect(actions.map(({ title }) => title)).toEqual([
      "Leave the first layer, 'conv1', out of 'prune'",
      "Leave the last layer, 'fc', out of 'prune'",
    ]);
    expect(applied(text, actions[0]!)).toBe(`${text}layers:\n  conv1: {prune: {skip: true}}\n`);
  });

  it('are left out where the settings say so', async () => {
    settings = { diagnostics: { ignore: ['file-missing'] } };
    expect(await codes(await server.open('model: nowhere.onnx\nsteps: [optimize: {}]\n'))).toEqual([]);
    settings = null;
  });
});

describe('of models', () => {
  const check = (...names: readonly string[]) =>
    server.connection.sendRequest('pare/checkModels', { uris: names.map(server.uri) });

  it('are published for their files, and mended into new ones', async () => {
    const model = sketch({
      inputs: { x: ['N', 4] },
      outputs: { y: ['N', 2] },
      constants: { 'fc.weight': [4, 2], forgotten: [100, 100] },
      nodes: [layer('fc', 'MatMul', 'x', 'y')],
    });
    saveModel(model, join(server.folder, 'bad model.onnx'));
    server.write('broken.onnx', 'hello');
    expect(await check('bad model.onnx', 'broken.onnx', 'small model.onnx')).toMatchObject({ checked: 3 });
    const published = (name: string) => server.published.get(server.uri(name))?.map(({ code }) => code);
    expect(published('bad model.onnx')).toContain('unused-initializer');
    expect(published('broken.onnx')).toEqual(['not-a-model']);
    expect(published('small model.onnx')).not.toContain('unused-initializer');

    const fixed = await server.connection.sendRequest<{ uri: string; applied: string[] }>('pare/fixModel', {
      uri: server.uri('bad model.onnx'),
      codes: ['unused-initializer'],
    });
    expect(fixed).toEqual({
      uri: server.uri('bad model.fixed.onnx'),
      applied: ['Remove constants that nothing reads'],
    });
    expect(existsSync(join(server.folder, 'bad model.fixed.onnx'))).toBe(true);
    await check('bad model.fixed.onnx');
    expect(published('bad model.fixed.onnx')).not.toContain('unused-initializer');
  });

  it('go when the file goes', async () => {
    const path = server.write('broken.onnx', 'hello');
    await check('broken.onnx');
    rmSync(path);
    await check('broken.onnx');
    expect(server.published.get(server.uri('broken.onnx'))).toEqual([]);
  });
});
