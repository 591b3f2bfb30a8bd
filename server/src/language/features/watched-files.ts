import { DidChangeWatchedFilesNotification } from 'vscode-languageserver/node';
import { defineFeature } from '../feature.ts';

/** What recipes name: when it changes on disk, their problems, hints and hovers may change. */
const watched = '**/*.{onnx,data,npy,npz,gz,idx,csv,tsv,bin}';

export const watchedFiles = defineFeature({
  name: 'watched files',
  capabilities: {},
  register: (connection, { client }) => {
    connection.onDidChangeWatchedFiles(() => {
      if (client.workspace?.diagnostics?.refreshSupport) connection.languages.diagnostics.refresh();
      if (client.workspace?.inlayHint?.refreshSupport) void connection.languages.inlayHint.refresh();
    });
  },
  initialized: (connection, { client }) => {
    if (client.workspace?.didChangeWatchedFiles?.dynamicRegistration)
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: watched }],
      });
  },
});
