import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { BenchmarkPanel } from '../panel/benchmark-panel.ts';
import { recipeUri } from '../recipe-uri.ts';
import { readStoredRun, storedRuns } from '../run/stored-run.ts';
import type { Feature } from '../services.ts';

/** Shows runs in the benchmark panel: those at work as they go, those of the past from their folder. */
export const panel: Feature = (services) => {
  const { context, runs } = services;
  /** One panel for each recipe: its next run takes the place of the last. */
  const panels = new Map<string, BenchmarkPanel>();
  const panelFor = (recipe: string, restored?: vscode.WebviewPanel): BenchmarkPanel => {
    const known = panels.get(recipe);
    if (known && !restored) {
      known.reveal();
      return known;
    }
    const made = new BenchmarkPanel(services, restored);
    panels.set(recipe, made);
    made.onDidDispose(() => {
      if (panels.get(recipe) === made) panels.delete(recipe);
    });
    return made;
  };

  context.subscriptions.push(
    // The first event says that the recipe is sound; what is not has no panel, only a message.
    runs.onDidStart((run) => {
      const first = run.onEvent(() => {
        first.dispose();
        panelFor(run.recipe.fsPath).follow(run);
      });
    }),
    vscode.commands.registerCommand('pare.openReport', async (given: unknown) => {
      const recipe = await recipeUri(given);
      if (!recipe) return;
      for (const folder of await storedRuns(join(dirname(recipe.fsPath), '.pare', 'runs'))) {
        const run = await readStoredRun(folder);
        if (run && isOf(run.events[0], recipe.fsPath)) return panelFor(recipe.fsPath).show(run);
      }
      void vscode.window.showInformationMessage('This recipe has not been run yet.');
    }),
    vscode.window.registerWebviewPanelSerializer(BenchmarkPanel.viewType, {
      deserializeWebviewPanel: async (restored, state: { readonly folder?: unknown } | undefined) => {
        const folder = state?.folder;
        const run = typeof folder === 'string' ? await readStoredRun(folder) : undefined;
        if (!run) return restored.dispose();
        const first = run.events[0];
        panelFor(first?.type === 'run-started' ? first.recipe : run.folder, restored).show(run);
      },
    }),
  );
};

const isOf = (first: { readonly type: string } | undefined, recipe: string): boolean =>
  first?.type === 'run-started' && (first as { readonly recipe?: unknown }).recipe === recipe;
