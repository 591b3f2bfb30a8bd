import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it('reports what is wrong with a recipe, at its place', async () => {
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
