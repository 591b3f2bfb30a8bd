import { DidChangeConfigurationNotification } from 'vscode-languageserver/node';
import { defineFeature } from '../feature.ts';

/** Settings are read per recipe when they are needed, and forgotten when any of them changes. */
export const settings = defineFeature({
  name: 'settings',
  capabilities: {},
  register: (connection, workspace) => {
    const { client } = workspace;
    connection.onDidChangeConfiguration(() => {
      workspace.forgetSettings();
      if (client.workspace?.diagnostics?.refreshSupport) connection.languages.diagnostics.refresh();
      if (client.workspace?.inlayHint?.refreshSupport) void connection.languages.inlayHint.refresh();
    });
  },
  initialized: (connection, { client }) => {
    if (client.workspace?.didChangeConfiguration?.dynamicRegistration)
      void connection.client.register(DidChangeConfigurationNotification.type, { section: 'pare' });
  },
});
