import { basename } from 'node:path';
import type { FromPanel, ToPanel } from '@pare/server/protocol/panel';
import type { RunEvent, RunResult } from '@pare/server/protocol/run';
import * as vscode from 'vscode';
import { failed } from '../messages.ts';
import { readStoredRun, type StoredRun } from '../run/stored-run.ts';
import type { ActiveRun, Services } from '../services.ts';
import { page } from './page.ts';
import { saveReport } from './save-report.ts';

/** Events come many a second; the page is told of them this often. */
const tellMs = 100;
/** A run that another process has started is read again this often. */
const rereadMs = 1000;

/**
 * One webview that shows one run at a time. The page is thrown away whenever it is hidden, so all that it shows can be sent
 * again.
 */
export class BenchmarkPanel {
  static readonly viewType = 'pare.benchmark';
  readonly onDidDispose: vscode.Event<void>;
  readonly #services: Services;
  readonly #panel: vscode.WebviewPanel;
  #ready = false;
  #recipe: vscode.Uri | undefined;
  #folder = '';
  #events: readonly RunEvent[] = [];
  #result: RunResult | null = null;
  #lost: string | null = null;
  /** Ends the run that is shown; undefined when it is over. */
  #cancel: (() => void) | undefined;
  /** How many of the events the page has. */
  #told = 0;
  #timer: NodeJS.Timeout | undefined;
  #listeners: vscode.Disposable[] = [];

  constructor(services: Services, restored?: vscode.WebviewPanel) {
    this.#services = services;
    const { extensionUri, subscriptions } = services.context;
    const roots = [vscode.Uri.joinPath(extensionUri, 'dist')];
    this.#panel =
      restored ??
      vscode.window.createWebviewPanel(
        BenchmarkPanel.viewType,
        'Pare',
        { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
        { enableScripts: true, localResourceRoots: roots, enableFindWidget: true },
      );
    this.#panel.webview.options = { enableScripts: true, localResourceRoots: roots };
    this.#panel.iconPath = vscode.Uri.joinPath(extensionUri, 'client', 'icons', 'panel.svg');
    this.onDidDispose = this.#panel.onDidDispose;
    this.#panel.webview.onDidReceiveMessage((message: FromPanel) => void this.#asked(message));
    this.#panel.onDidChangeViewState(() => {
      if (!this.#panel.visible) this.#ready = false;
    });
    this.#panel.onDidDispose(() => this.#forget());
    this.#panel.webview.html = page(this.#panel.webview, extensionUri);
    subscriptions.push(this.#panel);
  }

  reveal(): void {
    this.#panel.reveal(undefined, true);
  }

  /** Shows a run from its folder: one of the past, or one at work that another window or a terminal has started. */
  show({ folder, events, result, pid }: StoredRun): void {
    this.#forget();
    const first = events[0];
    this.#recipe = first?.type === 'run-started' ? vscode.Uri.file(first.recipe) : undefined;
    this.#folder = folder;
    this.#events = events;
    this.#result = result;
    this.#lost = result || pid !== null ? null : 'The run did not finish. Finished steps are kept.';
    // Such a run ends in good order on SIGTERM, as it does when it is asked on its standard input.
    this.#cancel = pid === null ? undefined : () => process.kill(pid, 'SIGTERM');
    this.#tellAll();
    if (pid !== null) {
      const watch = setTimeout(async () => {
        const later = await readStoredRun(folder);
        // Meanwhile the panel may have gone over to another run.
        if (later && this.#listeners[0] === stop) this.show(later);
      }, rereadMs);
      const stop = { dispose: () => clearTimeout(watch) };
      this.#listeners = [stop];
    }
  }

  /** Shows a run at work, event by event. */
  follow(run: ActiveRun): void {
    this.#forget();
    this.#recipe = run.recipe;
    this.#cancel = run.process.cancel;
    this.#events = run.events;
    this.#result = null;
    this.#lost = null;
    const first = run.events[0];
    this.#folder = first?.type === 'run-started' ? first.folder : '';
    this.#listeners = [
      run.onEvent(() => {
        this.#timer ??= setTimeout(() => this.#tellNew(), tellMs);
      }),
      this.#services.runs.onDidEnd((ended) => {
        if (ended === run) this.#ended(run);
      }),
    ];
    this.#tellAll();
  }

  #ended({ events }: ActiveRun): void {
    this.#tellNew();
    this.#cancel = undefined;
    const last = events.at(-1);
    if (last?.type === 'run-finished') this.#result = last.result;
    else {
      this.#lost = 'The runner stopped before the run was finished. Finished steps are kept.';
      this.#tell({ type: 'lost', message: this.#lost });
    }
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const listener of this.#listeners) listener.dispose();
    this.#listeners = [];
    this.#cancel = undefined;
  }

  #tellAll(): void {
    const first = this.#events[0];
    this.#panel.title = `Pare: ${basename(first?.type === 'run-started' ? first.recipe : this.#folder)}`;
    this.#tell({ type: 'follow', folder: this.#folder, live: this.#cancel !== undefined });
    this.#told = 0;
    this.#tellNew();
    if (this.#result) this.#tell({ type: 'result', result: this.#result });
    if (this.#lost !== null) this.#tell({ type: 'lost', message: this.#lost });
  }

  #tellNew(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#events.slice(this.#told);
    this.#told = this.#events.length;
    if (events.length > 0) this.#tell({ type: 'events', events });
  }

  /** A page that is not there yet is told everything as soon as it says that it is. */
  #tell(message: ToPanel): void {
    if (this.#ready) void this.#panel.webview.postMessage(message);
  }

  async #asked(message: FromPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#tellAll();
        break;
      case 'cancel':
        this.#cancel?.();
        break;
      case 'resume':
        if (this.#recipe) await vscode.commands.executeCommand('pare.resume', this.#recipe);
        break;
      case 'reveal':
        await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(message.path));
        break;
      case 'export':
        await saveReport(this.#services.context, this.#folder, message.format).catch((error: unknown) =>
          failed('The report was not saved', error),
        );
        break;
    }
  }
}
