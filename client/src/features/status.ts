import * as vscode from 'vscode';
import type { ActiveRun, Feature, ServerState } from '../services.ts';

const texts: Readonly<Record<ServerState, string>> = {
  stopped: 'Pare: not started',
  starting: 'Pare: starting',
  running: 'Pare',
  failed: 'Pare: the server did not start',
};

/** Beside the language of a recipe in the status bar: how the server is, and whether a run is at work. */
export const status: Feature = ({ context, server, runs }) => {
  const item = vscode.languages.createLanguageStatusItem('pare.status', { language: 'pare-recipe' });
  item.name = 'Pare';
  item.command = { command: 'pare.showOutput', title: 'Show output' };
  const update = () => {
    const running = runs.active.length > 0;
    item.text = running ? 'Pare: running' : texts[server.state];
    item.detail = running
      ? runs.active.map(({ recipe }) => vscode.workspace.asRelativePath(recipe)).join(', ')
      : '';
    item.busy = running || server.state === 'starting';
    item.severity =
      server.state === 'failed'
        ? vscode.LanguageStatusSeverity.Error
        : vscode.LanguageStatusSeverity.Information;
    void vscode.commands.executeCommand('setContext', 'pare.running', running);
  };
  const changed = (_: ActiveRun) => update();
  update();
  context.subscriptions.push(
    item,
    server.onDidChangeState(update),
    runs.onDidStart(changed),
    runs.onDidEnd(changed),
  );
};
