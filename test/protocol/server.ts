import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  ConfigurationRequest,
  createProtocolConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentDiagnosticRequest,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The real language server in its own process, spoken to as an editor does. */
export interface TestServer {
  readonly connection: ProtocolConnection;
  readonly process: ChildProcess;
  readonly capabilities: InitializeResult['capabilities'];
  /** From the start of the process to the answer to `initialize`. */
  readonly readyMs: number;
  /** Temporary workspace; its name has a space. */
  readonly folder: string;
  readonly uri: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array) => string;
  /** Opens a recipe under this name; text is not written to disk. */
  readonly open: (text: string, name?: string) => Promise<string>;
  readonly change: (uri: string, text: string) => Promise<void>;
  readonly diagnostics: (uri: string) => Promise<readonly Diagnostic[]>;
  /** Diagnostics that the server pushed, newest by URI. */
  readonly published: ReadonlyMap<string, readonly Diagnostic[]>;
  readonly stop: () => Promise<void>;
}

export interface TestServerOptions {
  readonly capabilities?: ClientCapabilities;
  /** Answer to `workspace/configuration`, section `pare`. */
  readonly settings?: () => unknown;
  /** Called before anything is said, to answer more requests of the server. */
  readonly prepare?: (connection: ProtocolConnection) => void;
}

/** Starts the built server where there is one and `PARE_TEST_BUNDLE` asks for it, else its source. */
function command(): readonly string[] {
  const bundle = join(repository, 'dist/server.js');
  return process.env.PARE_TEST_BUNDLE && existsSync(bundle)
    ? [bundle]
    : ['--import', 'tsx', join(repository, 'server/src/language/main.ts')];
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pare protocol '));
  const started = performance.now();
  const child = spawn(process.execPath, [...command(), '--stdio'], { cwd: repository, stdio: 'pipe' });
  child.stderr.on('data', (data: Buffer) => process.stderr.write(data));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const published = new Map<string, readonly Diagnostic[]>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
    published.set(uri, diagnostics);
  });
  connection.onRequest(ConfigurationRequest.type, ({ items }) =>
    items.map(() => options.settings?.() ?? null),
  );
  options.prepare?.(connection);
  connection.listen();
  const uri = (name: string) => pathToFileURL(join(folder, name)).href;
  const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'test' }],
    capabilities: options.capabilities ?? { workspace: { configuration: true } },
  });
  const readyMs = performance.now() - started;
  await connection.sendNotification(InitializedNotification.type, {});
  let opened = 0;
  let version = 1;
  return {
    connection,
    process: child,
    capabilities,
    readyMs,
    folder,
    uri,
    write: (name, content) => {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    open: async (text, name = `recipe ${++opened}.pare.yaml`) => {
      await connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri: uri(name), languageId: 'pare-recipe', version: ++version, text },
      });
      return uri(name);
    },
    change: (changed, text) =>
      connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri: changed, version: ++version },
        contentChanges: [{ text }],
      }),
    diagnostics: async (asked) => {
      const report = await connection.sendRequest(DocumentDiagnosticRequest.type, {
        textDocument: { uri: asked },
      });
      return report.kind === 'full' ? report.items : [];
    },
    published,
    stop: async () => {
      await connection.sendRequest(ShutdownRequest.type);
      await connection.sendNotification(ExitNotification.type);
      await new Promise((done) => (child.exitCode === null ? child.once('exit', done) : done(undefined)));
      connection.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The text without its one `<|>`, and the position that it marks. */
export function positionOf(text: string): { readonly text: string; readonly position: Position } {
  const before = text.slice(0, text.indexOf('<|>'));
  const lines = before.split('\n');
  return {
    text: text.replace('<|>', ''),
    position: { line: lines.length - 1, character: lines.at(-1)!.length },
  };
}
