import {
  createConnection,
  DidChangeConfigurationNotification,
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

/** Starts the language server on the transport that the command line names: `--stdio` or `--node-ipc`. */
export function startServer(): void {
  const connection = createConnection(ProposedFeatures.all);
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize((params) => {
    const { workspace: client } = params.capabilities;
    const folder = params.workspaceFolders?.[0]?.uri ?? params.rootUri;
    const workspace = createWorkspace(connection, documents, {
      root: folder ? pathOfUri(folder) : undefined,
      configuration: client?.configuration === true,
    });
    for (const feature of features) feature.register(connection, workspace);
    connection.onDidChangeConfiguration(() => {
      workspace.forgetSettings();
      if (client?.diagnostics?.refreshSupport) connection.languages.diagnostics.refresh();
      if (client?.inlayHint?.refreshSupport) void connection.languages.inlayHint.refresh();
    });
    connection.onInitialized(() => {
      if (client?.didChangeConfiguration?.dynamicRegistration)
        void connection.client.register(DidChangeConfigurationNotification.type, { section: 'pare' });
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
