import {
  type ConnectionStrategy,
  createConnection,
  LSPErrorCodes,
  Message,
  ProposedFeatures,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { messageOf } from '../base/errors.ts';
import { features } from './features/index.ts';
import { pathOfUri } from './uris.ts';
import { createWorkspace } from './workspace.ts';

/** Requests that are cancelled while they wait are answered without being worked on. */
const connectionStrategy: ConnectionStrategy = {
  cancelUndispatched: (message, next) =>
    Message.isRequest(message)
      ? {
          jsonrpc: '2.0',
          id: message.id,
          error: { code: LSPErrorCodes.RequestCancelled, message: 'Cancelled.' },
        }
      : next(message),
};

/** Starts the language server on the transport that the command line names: `--stdio` or `--node-ipc`. */
export function startServer(): void {
  const connection = createConnection(ProposedFeatures.all, { connectionStrategy });
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize(({ workspaceFolders, rootUri, capabilities: client }) => {
    const folder = workspaceFolders?.[0]?.uri ?? rootUri;
    const root = folder ? pathOfUri(folder) : undefined;
    const workspace = createWorkspace(connection, documents, { root, client });
    for (const feature of features) feature.register(connection, workspace);
    connection.onInitialized(() => {
      for (const feature of features) feature.initialized?.(connection, workspace);
    });
    return { capabilities: capabilities(), serverInfo: { name: 'pare' } };
  });
  // A defect of one feature must not take the others down.
  process.on('unhandledRejection', (reason) => connection.console.error(messageOf(reason)));
  documents.listen(connection);
  connection.listen();
}

const capabilities = (): ServerCapabilities =>
  Object.assign(
    { textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental } },
    ...features.map((feature) => feature.capabilities),
  );
