import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CodeLensRequest,
  DefinitionRequest,
  DocumentLinkRequest,
  DocumentSymbolRequest,
  InlayHintRequest,
  type LocationLink,
} from 'vscode-languageserver-protocol/node';
import { writeExample } from './example.ts';
import { positionOf, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
let settings: unknown = null;
beforeAll(async () => {
  server = await startTestServer({ settings: () => settings });
  writeExample(server);
});
afterAll(() => server.stop());

const text = [
  'model: "small model.onnx"',
  'data:',
  '  test: {images: data/images.npy, labels: data/nowhere.npy}',
  'steps:',
  '  - optimize',
  '  - prune: {sparsity: 30 %}',
  'layers:',
  '  conv1: {prune: {skip: true}}',
  '  "*": {prune: {skip: true}}',
  '  nothing: {}',
  '',
].join('\n');
const everything = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };

it('inlay hints say what the layers cost', async () => {
  const hints = async (uri: string) =>
    (
      await server.connection.sendRequest(InlayHintRequest.type, { textDocument: { uri }, range: everything })
    )?.map(({ label, position }) => [position.line, position.character, label]);
  expect(await hints(await server.open(text))).toEqual([
    [7, 7, '36 parameters, 47.4 % of MACs'],
    [8, 5, '4 layers, 1.48 K parameters, 100.0 % of MACs'],
  ]);
  settings = { inlayHints: { enabled: false } };
  expect(await hints(await server.open(text))).toEqual([]);
  settings = null;
});

it('lenses above the steps run the recipe', async () => {
  const uri = await server.open(text);
  const lenses = await server.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri } });
  expect(
    lenses?.map(({ range, command }) => [range.start.line, command?.command, command?.arguments]),
  ).toEqual([
    [3, 'pare.run', [uri]],
    [3, 'pare.dryRun', [uri]],
  ]);
});

it('links lead to the files that exist', async () => {
  const uri = await server.open(text);
  const links = await server.connection.sendRequest(DocumentLinkRequest.type, { textDocument: { uri } });
  expect(links?.map(({ range, target }) => [range.start.line, target])).toEqual([
    [0, server.uri('small model.onnx')],
    [2, server.uri('data/images.npy')],
  ]);
  expect(server.uri('small model.onnx')).toContain('%20');
});

it('a layer leads to its model', async () => {
  const { text: clean, position } = positionOf(text.replace('conv1', 'con<|>v1'));
  const uri = await server.open(clean);
  const found = await server.connection.sendRequest(DefinitionRequest.type, {
    textDocument: { uri },
    position,
  });
  expect((found as LocationLink[]).map(({ targetUri }) => targetUri)).toEqual([
    server.uri('small model.onnx'),
  ]);
});

it('the outline shows sections, steps and layers', async () => {
  const uri = await server.open(text);
  const symbols = await server.connection.sendRequest(DocumentSymbolRequest.type, { textDocument: { uri } });
  const names = symbols?.map((symbol) => [
    symbol.name,
    'children' in symbol ? symbol.children?.map(({ name }) => name) : [],
  ]);
  expect(names).toEqual([
    ['model', []],
    ['data', ['test']],
    ['steps', ['optimize', 'prune']],
    ['layers', ['conv1', '*', 'nothing']],
  ]);
});

it('broken recipes have an outline, lenses and hints, too', async () => {
  for (const broken of [
    '',
    ':',
    'steps: [',
    '- a\n- b',
    'layers: {conv1: ',
    '\t',
    'model: *x',
    '%',
    '&a *a',
    '? ',
    'a: &x [*x]',
  ]) {
    const textDocument = { uri: await server.open(broken) };
    await server.connection.sendRequest(DocumentSymbolRequest.type, { textDocument });
    await server.connection.sendRequest(CodeLensRequest.type, { textDocument });
    await server.connection.sendRequest(InlayHintRequest.type, { textDocument, range: everything });
    expect(Array.isArray(await server.diagnostics(textDocument.uri)), broken).toBe(true);
  }
});
