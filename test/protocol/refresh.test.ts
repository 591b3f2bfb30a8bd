import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  DiagnosticRefreshRequest,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  InlayHintRefreshRequest,
  RegistrationRequest,
} from 'vscode-languageserver-protocol/node';
import { startTestServer, type TestServer } from './server.ts';

const asked: string[] = [];
let settings: unknown = null;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    capabilities: {
      workspace: {
        configuration: true,
        diagnostics: { refreshSupport: true },
        inlayHint: { refreshSupport: true },
        didChangeWatchedFiles: { dynamicRegistration: true },
        didChangeConfiguration: { dynamicRegistration: true },
      },
    },
    settings: () => settings,
    prepare: (connection) => {
      connection.onRequest(RegistrationRequest.type, ({ registrations }) => {
        asked.push(...registrations.map(({ method }) => method));
      });
      connection.onRequest(DiagnosticRefreshRequest.type, () => {
        asked.push('diagnostics');
      });
      connection.onRequest(InlayHintRefreshRequest.type, () => {
        asked.push('hints');
      });
    },
  });
});
afterAll(() => server.stop());

/** What the server asks for until it has asked for all of these. */
async function asks(...wanted: readonly string[]): Promise<void> {
  await expect.poll(() => wanted.every((one) => asked.includes(one)), { timeout: 10_000 }).toBe(true);
  asked.length = 0;
}

it('asks the editor to watch the files that recipes name', async () => {
  await asks('workspace/didChangeWatchedFiles', 'workspace/didChangeConfiguration');
});

it('has the editor ask again when one of them changes', async () => {
  await server.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
    changes: [{ uri: server.uri('m.onnx'), type: FileChangeType.Changed }],
  });
  await asks('diagnostics', 'hints');
});

it('reads settings again when they change', async () => {
  const uri = await server.open('model: nowhere.onnx\nsteps: [optimize: {}]\n');
  const codes = async () => (await server.diagnostics(uri)).map(({ code }) => code);
  expect(await codes()).toContain('file-missing');
  settings = { diagnostics: { ignore: ['file-missing'] } };
  await server.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
  await asks('diagnostics');
  expect(await codes()).not.toContain('file-missing');
});
