import { createInterface } from 'node:readline';
import * as z from 'zod';
import { Cancelled, type ExitCode, exitCodes, unreachable } from '../base/errors.ts';
import { formatBytes, formatDuration } from '../base/units.ts';
import type { RunEvent, RunResult } from '../protocol/run.ts';
import { planRun } from '../runs/plan-run.ts';
import { runRecipe } from '../runs/run-recipe.ts';
import { summaryText } from '../runs/summary.ts';
import { ortRunner } from '../runtime/session.ts';
import { defineCommand, type Io } from './define.ts';

const exitCodeOf: Readonly<Record<RunResult['status'], ExitCode>> = {
  done: exitCodes.done,
  'over-budget': exitCodes.no,
  failed: exitCodes.failed,
  cancelled: exitCodes.cancelled,
};

export const run = defineCommand({
  name: 'run',
  summary: 'Run a recipe: compress its model, measure before and after, write model and report.',
  details:
    'Results of finished steps are kept in `.pare/cache` beside the recipe, so that a changed last step repeats nothing before it. Exits with 1 when the budget is missed, 2 when the recipe, model or data are wrong, 3 when a step fails, 130 when it is cancelled.',
  arguments: [{ name: 'RECIPE', doc: 'a `*.pare.yaml` file' }],
  options: z.strictObject({
    'dry-run': z.boolean().default(false).describe('check everything and say what would be done'),
    resume: z.boolean().default(false).describe("continue the recipe's last run, if it did not finish"),
    out: z
      .string()
      .optional()
      .describe('folder of the run (default: .pare/runs/TIME-NAME beside the recipe)'),
    events: z
      .enum(['ndjson'])
      .optional()
      .describe(
        'print what happens as one JSON object a line; a line `cancel` on standard input ends the run',
      ),
  }),
  examples: [
    'pare run lenet.pare.yaml',
    'pare run lenet.pare.yaml --dry-run',
    'pare run lenet.pare.yaml --json > result.json',
  ],
  run: async ([recipe], { 'dry-run': dryRun, resume, out, events }, io) => {
    if (dryRun) {
      const plan = await planRun(recipe!);
      return { json: plan.json, text: plan.text };
    }
    const cancel = new AbortController();
    io.signal.addEventListener('abort', () => cancel.abort(io.signal.reason));
    const input = events ? watchForCancel(cancel) : undefined;
    try {
      const result = await runRecipe({
        recipe: recipe!,
        ...(out === undefined ? {} : { out }),
        resume,
        runner: ortRunner,
        signal: AbortSignal.any([io.signal, cancel.signal]),
        onEvent: events ? (event) => io.emit(JSON.stringify(event)) : (event) => tell(io, event),
      });
      return { exitCode: exitCodeOf[result.status], json: result, text: events ? '' : summaryText(result) };
    } finally {
      input?.close();
    }
  },
});

function watchForCancel(cancel: AbortController) {
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    if (line.trim() === 'cancel') cancel.abort(new Cancelled());
  });
  return input;
}

/** An event as a person reads it. */
function tell(io: Io, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      io.log(`${event.run}: ${event.steps.join(', ')}`);
      break;
    case 'progress':
      io.progress(event.done, event.total, event.what);
      break;
    case 'step-finished':
      io.log(
        `  ${event.name}: ${formatBytes(event.bytes)}, ${event.cached ? 'from the cache' : formatDuration(event.ms)}`,
      );
      break;
    case 'log':
      if (event.level !== 'info') io.log(`  ${event.level}: ${event.message}`);
      break;
    case 'run-finished':
      io.progressDone();
      for (const step of event.result.steps) for (const note of step.notes) io.log(`  ${step.name}: ${note}`);
      io.log('');
      break;
    case 'step-started':
    case 'metric':
    case 'measured':
      break;
    default:
      unreachable(event);
  }
}
