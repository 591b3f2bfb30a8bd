import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  CancellationTokenSource,
  CompletionRequest,
  HoverRequest,
  LSPErrorCodes,
} from 'vscode-languageserver-protocol/node';
import { writeExample } from './example.ts';
import { positionOf, startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  writeExample(server);
});
afterAll(() => server.stop());

const marked =
  'model: "small model.onnx"\nsteps:\n  - prune: {}\nlayers:\n  con<|>v1: {prune: {skip: true}}\n';

it('never loads onnxruntime', async () => {
  const { text, position } = positionOf(marked);
  const textDocument = { uri: await server.open(text) };
  await server.connection.sendRequest(HoverRequest.type, { textDocument, position });
  await server.connection.sendRequest(CompletionRequest.type, { textDocument, position });
  await server.diagnostics(textDocument.uri);
  await server.connection.sendRequest('pare/checkModels', { uris: [server.uri('small model.onnx')] });
  const { modules } = await server.connection.sendRequest<{ modules: readonly string[] }>(
    'pare/loadedModules',
    {},
  );
  expect(modules.length).toBeGreaterThan(5);
  expect(modules.filter((path) => /onnxruntime/i.test(path))).toEqual([]);
});

it('is ready and answers quickly', async () => {
  const { text, position } = positionOf(marked);
  const textDocument = { uri: await server.open(text) };
  const times = [];
  for (let i = 0; i < 30; i++) {
    const start = performance.now();
    await server.connection.sendRequest(HoverRequest.type, { textDocument, position });
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(
    `language server: ready ${server.readyMs.toFixed(0)} ms after its process was started; hover ${times[15]!.toFixed(1)} ms median, ${times[28]!.toFixed(1)} ms p95`,
  );
  // What is asserted is that nothing is hopeless: a busy machine is several times slower than a quiet one.
  expect(server.readyMs).toBeLessThan(10_000);
  expect(times[15]).toBeLessThan(200);
});

it('answers requests that were cancelled with an error, and goes on', async () => {
  const textDocument = { uri: await server.open(`${'# a long recipe\n'.repeat(5000)}seed: 1\n`) };
  const cancelled = Array.from({ length: 20 }, () => {
    const source = new CancellationTokenSource();
    const answer = server.connection.sendRequest(
      HoverRequest.type,
      { textDocument, position: { line: 5000, character: 1 } },
      source.token,
    );
    source.cancel();
    return answer.then(
      () => 'answered',
      (error: { code: number }) => error.code,
    );
  });
  const outcomes = new Set(await Promise.all(cancelled));
  expect(
    [...outcomes].every((outcome) => outcome === 'answered' || outcome === LSPErrorCodes.RequestCancelled),
  ).toBe(true);
  expect(outcomes).toContain(LSPErrorCodes.RequestCancelled);
  expect(
    await server.connection.sendRequest(HoverRequest.type, {
      textDocument,
      position: { line: 5000, character: 1 },
    }),
  ).not.toBeNull();
});

it('works for an editor that can do nothing', async () => {
  const plain = await startTestServer({ capabilities: {} });
  const uri = await plain.open('modle: a\n');
  expect((await plain.diagnostics(uri)).length).toBeGreaterThan(0);
  await plain.stop();
});

it('stays responsive on a long recipe with a large number of layers', async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `  layer${i}: {prune: {sparsity: ${i % 100} %}}`);
  const uri = await server.open(
    `model: "small model.onnx"\nsteps:\n  - prune: {}\nlayers:\n${lines.join('\n')}\n`,
  );
  const start = performance.now();
  const found = await server.diagnostics(uri);
  const all = performance.now() - start;
  console.log(
    `language server: ${found.length} diagnostics of a recipe of 404 lines in ${all.toFixed(0)} ms`,
  );
  expect(found.filter(({ code }) => code === 'unknown-layer')).toHaveLength(400);
});
