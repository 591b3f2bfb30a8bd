import { basename, dirname } from 'node:path';
import type { RunEvent } from '@pare/server/protocol/run';
import * as vscode from 'vscode';
import { failed } from '../messages.ts';
import type { ActiveRun, Runs } from '../services.ts';
import { notStarted, overallProgress } from './overall-progress.ts';
import { complaint, runnerPlace } from './run-once.ts';
import { type RunnerExit, startRunner } from './runner-process.ts';

/** Starts runs, each in a process of its own, and shows how far they are. */
export function createRuns(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Runs {
  const active: ActiveRun[] = [];
  const started = new vscode.EventEmitter<ActiveRun>();
  const ended = new vscode.EventEmitter<ActiveRun>();
  // Runs that are at work when the window closes go on; the panel finds them again by their folder.
  context.subscriptions.push(started, ended);

  const start: Runs['start'] = async (recipe, { resume }) => {
    const same = active.find((run) => run.recipe.toString() === recipe.toString());
    if (same) {
      const chosen = await vscode.window.showWarningMessage(
        `${basename(recipe.fsPath)} is running already.`,
        'Cancel that run',
      );
      if (chosen) same.process.cancel();
      return;
    }
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: `Pare: ${basename(recipe.fsPath)}`,
        cancellable: true,
      },
      async (progress, token) => {
        const events: RunEvent[] = [];
        const happened = new vscode.EventEmitter<RunEvent>();
        let overall = notStarted;
        const process = startRunner({
          ...runnerPlace(context),
          args: ['run', recipe.fsPath, '--events', 'ndjson', ...(resume ? ['--resume'] : [])],
          cwd: dirname(recipe.fsPath),
          onLog: (line) => log.info(line),
          onEvent: (event) => {
            events.push(event);
            note(log, event);
            const next = overallProgress(overall, event);
            progress.report({ increment: (next.share - overall.share) * 100, message: next.message });
            overall = next;
            happened.fire(event);
          },
        });
        log.info(`Run of ${recipe.fsPath}, process ${process.pid}`);
        const run: ActiveRun = { recipe, process, events, onEvent: happened.event };
        active.push(run);
        started.fire(run);
        token.onCancellationRequested(process.cancel);
        const exit = await process.done;
        active.splice(active.indexOf(run), 1);
        ended.fire(run);
        happened.dispose();
        log.info(`The runner ended: ${exit.signal ?? exit.code}`);
        tellEnd(run, exit, () => start(recipe, { resume: true }));
      },
    );
  };
  return { active, onDidStart: started.event, onDidEnd: ended.event, start };
}

function note(log: vscode.LogOutputChannel, event: RunEvent): void {
  switch (event.type) {
    case 'log':
      log[event.level === 'warning' ? 'warn' : event.level](event.message);
      break;
    case 'step-started':
      log.info(`Step ${event.step + 1}: ${event.name}`);
      break;
    case 'step-finished':
      log.info(
        `Step ${event.step + 1}: ${event.name} took ${event.ms.toFixed(0)} ms${event.cached ? ' (cached)' : ''}`,
      );
      break;
    default:
      log.trace(JSON.stringify(event));
  }
}

/** Says how a run ended; the panel shows the figures. */
function tellEnd(
  { recipe, events }: ActiveRun,
  { code, signal, stderr }: RunnerExit,
  resume: () => unknown,
): void {
  const name = basename(recipe.fsPath);
  const again = { title: 'Resume', run: resume };
  const last = events.at(-1);
  if (last?.type !== 'run-finished') {
    // Bad input is said on standard error before any event; without that, the process was killed or crashed.
    const why = complaint(stderr);
    void (code === 2 && why
      ? failed(name, why)
      : failed(
          name,
          `the runner stopped (${signal ?? `exit code ${code}`}). Finished steps are kept.`,
          again,
        ));
    return;
  }
  switch (last.result.status) {
    case 'failed':
      void failed(name, last.result.error?.message ?? 'the run failed', again);
      break;
    case 'cancelled':
      void vscode.window
        .showInformationMessage(`${name} was cancelled. Finished steps are kept.`, again)
        .then((chosen) => chosen?.run());
      break;
    case 'over-budget':
      void vscode.window.showWarningMessage(`${name} is done, but misses its budget.`);
      break;
    case 'done':
      break;
  }
}
