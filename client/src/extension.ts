import * as vscode from 'vscode';
import { dryRun } from './features/dry-run.ts';
import { models } from './features/models.ts';
import { output } from './features/output.ts';
import { panel } from './features/panel.ts';
import { runs } from './features/runs.ts';
import { serverCommands } from './features/server-commands.ts';
import { status } from './features/status.ts';
import { createRuns } from './run/runs.ts';
import { createServer } from './server.ts';
import type { Feature } from './services.ts';

const features: readonly Feature[] = [output, serverCommands, status, models, panel, runs, dryRun];

/** Starts the extension: every feature registers what it offers, and nothing heavy is loaded or started yet. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Pare', { log: true });
  const services = { context, log, server: createServer(context, log), runs: createRuns(context, log) };
  context.subscriptions.push(log);
  for (const feature of features) feature(services);
}
