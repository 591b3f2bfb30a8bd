import type { Connection, ServerCapabilities } from 'vscode-languageserver/node';
import type { Workspace } from './workspace.ts';

/** One language feature: the capabilities that it announces and the handlers that it registers. */
export interface Feature {
  readonly name: string;
  readonly capabilities: Partial<ServerCapabilities>;
  readonly register: (connection: Connection, workspace: Workspace) => void;
  /** Called once the client is ready for requests of the server. */
  readonly initialized?: (connection: Connection, workspace: Workspace) => void;
}

export function defineFeature(feature: Feature): Feature {
  return feature;
}
