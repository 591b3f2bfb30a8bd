import type { RunEvent } from '@pare/server/protocol/run';
import type * as vscode from 'vscode';
import type { RunnerProcess } from './run/runner-process.ts';

/** What the features share. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  /** Everything that Pare has to say at length: its own lines, the server's and the runner's. */
  readonly log: vscode.LogOutputChannel;
  readonly server: Server;
  readonly runs: Runs;
}

/** The language server, started when it is first needed. */
export interface Server {
  readonly state: ServerState;
  readonly onDidChangeState: vscode.Event<ServerState>;
  readonly start: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Sends a request; starts the server for it. */
  readonly request: <R>(method: string, params: unknown) => Promise<R>;
}

export type ServerState = 'stopped' | 'starting' | 'running' | 'failed';

/** The runs that this window has started. */
export interface Runs {
  readonly active: readonly ActiveRun[];
  readonly onDidStart: vscode.Event<ActiveRun>;
  readonly onDidEnd: vscode.Event<ActiveRun>;
  readonly start: (recipe: vscode.Uri, options: { readonly resume: boolean }) => Promise<void>;
}

export interface ActiveRun {
  readonly recipe: vscode.Uri;
  readonly process: RunnerProcess;
  /** All events so far. */
  readonly events: readonly RunEvent[];
  readonly onEvent: vscode.Event<RunEvent>;
}

export type Feature = (services: Services) => void;
