import * as vscode from 'vscode';
import { LanguageClient, RevealOutputChannelOn, State, TransportKind } from 'vscode-languageclient/node';
import type { Server, ServerState } from './services.ts';

/** The language server as a process of its own, started on first use. It stays up when a run crashes, and runs nothing. */
export function createServer(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Server {
  const changed = new vscode.EventEmitter<ServerState>();
  let state: ServerState = 'stopped';
  let client: LanguageClient | undefined;
  let starting: Promise<void> | undefined;

  const become = (next: ServerState) => {
    if (state === next) return;
    state = next;
    changed.fire(next);
  };
  const start = (): Promise<void> => {
    starting ??= (async () => {
      become('starting');
      client ??= createClient(context, log);
      client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) become('running');
        else if (newState === State.Stopped) become('stopped');
      });
      await client.start();
    })().catch((error: unknown) => {
      become('failed');
      starting = undefined;
      client = undefined;
      log.error(`The language server did not start: ${error instanceof Error ? error.message : error}`);
      throw error;
    });
    return starting;
  };
  const stop = async () => {
    const old = client;
    client = undefined;
    starting = undefined;
    await old?.dispose().catch((error: unknown) => log.warn(String(error)));
    become('stopped');
  };
  context.subscriptions.push(changed, { dispose: stop });
  return {
    get state() {
      return state;
    },
    onDidChangeState: changed.event,
    start,
    restart: async () => {
      await stop();
      await start();
    },
    request: async (method, params) => {
      await start();
      return client!.sendRequest(method, params);
    },
  };
}

function createClient(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): LanguageClient {
  const module = context.asAbsolutePath('dist/server.js');
  const process = { module, transport: TransportKind.ipc };
  return new LanguageClient(
    'pare',
    'Pare',
    { run: process, debug: { ...process, options: { execArgv: ['--enable-source-maps'] } } },
    {
      documentSelector: [{ language: 'pare-recipe' }],
      outputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
    },
  );
}
