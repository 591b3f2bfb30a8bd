import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Cancelled, messageOf, PareError, type Place } from '../base/errors.ts';
import { createEta } from '../base/eta.ts';
import { version } from '../base/version.ts';
import type { Model } from '../ir/model.ts';
import { withMetadata } from '../ir/model.ts';
import { bytesOnDisk } from '../measure/bytes-on-disk.ts';
import { comparePredictions } from '../measure/compare.ts';
import { measureModels } from '../measure/measure-models.ts';
import { saveModel } from '../onnx/files.ts';
import type { RunEvent, RunResult, StepReport } from '../protocol/run.ts';
import { type Path, parseRecipe, rangeOf } from '../recipe/syntax.ts';
import type { Runner } from '../steps/runner.ts';
import { applyStep } from './apply-step.ts';
import { checkBudget } from './budget.ts';
import { layerReports } from './layer-reports.ts';
import { onProvider } from './on-provider.ts';
import { type Prepared, placeText, prepareRun } from './prepare.ts';
import { writeReport } from './report.ts';
import { appendEvent, createRun, listRuns, runsFolder, writeJson } from './run-store.ts';
import { type CachedStep, openCache, type StepCache } from './step-cache.ts';

export interface RunOptions {
  readonly recipe: string;
  readonly out?: string;
  /** Continue the recipe's newest run that did not finish. */
  readonly resume?: boolean;
  readonly runner: Runner;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

type Body<E = RunEvent> = E extends RunEvent ? Omit<E, 'time'> : never;

/**
 * Runs a recipe: every step in order, those with a cached result taken from the cache; then measures before and after,
 * checks the budget, and writes model, result and report into the run's folder. What goes wrong before the first step is
 * thrown; afterwards it is in the result, and every finished step stays in the cache.
 */
export async function runRecipe(options: RunOptions): Promise<RunResult> {
  const started = new Date();
  const prepared = await prepareRun(options.recipe);
  const runner = await onProvider(options.runner, prepared.plan.provider, {
    signal: options.signal,
    place: placeIn(prepared, ['provider']),
  });
  const place = options.resume
    ? (unfinishedRun(prepared) ?? createRun(prepared.recipe, options.out, started))
    : createRun(prepared.recipe, options.out, started);
  const run = new Run(prepared, place, started, { ...options, runner });
  return run.execute();
}

/** The place of a setting of the recipe. */
function placeIn({ recipe, text }: Prepared, path: Path): Place {
  const range = rangeOf(parseRecipe(text), path);
  return { file: placeText(recipe, text, range.start), range };
}

/** The newest run of the recipe, when it did not finish. */
function unfinishedRun({ recipe }: Prepared): { readonly folder: string; readonly run: string } | undefined {
  const newest = listRuns(runsFolder(recipe)).find(({ head }) => head.recipe === recipe);
  return newest && ['interrupted', 'cancelled', 'failed'].includes(newest.status)
    ? { folder: newest.folder, run: newest.head.run }
    : undefined;
}

class Run {
  readonly #prepared: Prepared;
  readonly #folder: string;
  readonly #name: string;
  readonly #started: Date;
  readonly #options: RunOptions;
  readonly #cache: StepCache;
  readonly #steps: StepReport[] = [];

  constructor(
    prepared: Prepared,
    place: { readonly folder: string; readonly run: string },
    started: Date,
    options: RunOptions,
  ) {
    this.#prepared = prepared;
    this.#folder = place.folder;
    this.#name = place.run;
    this.#started = started;
    this.#options = options;
    this.#cache = openCache(prepared.recipe);
  }

  async execute(): Promise<RunResult> {
    const { plan, recipe, text } = this.#prepared;
    writeJson(join(this.#folder, 'run.json'), {
      run: this.#name,
      recipe,
      started: this.#started.toISOString(),
      pid: process.pid,
    });
    rmSync(join(this.#folder, 'result.json'), { force: true });
    rmSync(join(this.#folder, '.writable'), { force: true });
    copyFileSync(recipe, join(this.#folder, 'recipe.pare.yaml'));
    this.#emit({
      type: 'run-started',
      run: this.#name,
      folder: this.#folder,
      recipe,
      steps: plan.steps.map(({ step }) => step.name),
    });
    for (const { message, code } of this.#prepared.warnings)
      this.#emit({ type: 'log', level: 'warning', message: `${message} [${code}]` });
    const result = await this.#work(text).catch((error: unknown) => this.#failure(error));
    writeJson(join(this.#folder, 'result.json'), result);
    this.#emit({ type: 'run-finished', result });
    return result;
  }

  async #work(text: string): Promise<RunResult> {
    const { plan, model: original, modelPath, test } = this.#prepared;
    let model = original;
    for (const index of plan.steps.keys()) model = await this.#step(index, model);
    const target = join(this.#folder, `${basename(modelPath).replace(/\.onnx$/, '')}.pare.onnx`);
    saveModel(this.#stamped(model, text), target);
    const {
      measurements: [before, after],
      evaluations,
      ratios,
      notes,
    } = await measureModels(
      this.#options.runner,
      [
        { path: modelPath, model: original },
        { path: target, model },
      ],
      { dataset: test, signal: this.#options.signal, progress: this.#progress(null) },
    );
    if (!before || !after) throw new Error('two models give two measurements');
    for (const message of notes) this.#emit({ type: 'log', level: 'warning', message });
    this.#emit({ type: 'measured', which: 'before', measurement: before });
    this.#emit({ type: 'measured', which: 'after', measurement: after });
    const [first, second] = evaluations;
    const budget = checkBudget(plan.budget, before, after);
    const report = join(this.#folder, 'report.html');
    const result: RunResult = {
      ...this.#result(budget.every(({ met }) => met) ? 'done' : 'over-budget'),
      before,
      after,
      latencyRatio: ratios[1] ?? null,
      comparison:
        first && second ? comparePredictions(first.predictions, second.predictions, first.labels) : null,
      layers: layerReports(original, model, this.#steps),
      budget,
      artifacts: { folder: this.#folder, model: target, report },
    };
    writeReport(result, report);
    return result;
  }

  async #step(index: number, model: Model): Promise<Model> {
    this.#options.signal.throwIfAborted();
    const { plan, train, test, keys } = this.#prepared;
    const { step, settings, given } = plan.steps[index]!;
    const key = keys[index]!;
    this.#emit({ type: 'step-started', step: index, name: step.name });
    const known = this.#cache.get(key);
    const began = performance.now();
    const finish = (done: CachedStep, output: Model, path: string, bytes: number, cached: boolean) => {
      const ms = performance.now() - began;
      this.#steps.push({
        name: step.name,
        settings: { ...settings, ...given },
        cached,
        ms,
        bytes,
        notes: done.notes,
        layers: done.layers,
        metrics: done.metrics,
      });
      this.#emit({ type: 'step-finished', step: index, name: step.name, cached, ms, bytes, model: path });
      return output;
    };
    if (known) return finish(known, known.model, known.path, bytesOnDisk(known.model, known.path), true);
    const metrics: Record<string, { at: number; value: number }[]> = {};
    const result = await applyStep({
      step,
      settings,
      model,
      train,
      test,
      seed: plan.seed,
      overrides: plan.layers,
      runner: this.#options.runner,
      signal: this.#options.signal,
      original: this.#prepared.model,
      folder: dirname(this.#prepared.recipe),
      checkpoints: this.#cache.checkpoints(key),
      progress: this.#progress(index),
      metric: (name, value, at) => {
        const list = (metrics[name] ??= []);
        list.push({ at: at ?? list.length, value });
        this.#emit({ type: 'metric', step: index, name, value, at: at ?? list.length - 1 });
      },
    });
    const done: CachedStep = {
      notes: result.notes,
      layers: result.layers,
      metrics,
      ms: performance.now() - began,
    };
    const { path, bytes } = this.#cache.put(key, result.model, done);
    return finish(done, result.model, path, bytes, false);
  }

  /** Progress events, at most ten a second. */
  #progress(step: number | null) {
    let what = '';
    let eta = createEta();
    let last = 0;
    return (done: number, total: number, now: string) => {
      if (now !== what) {
        what = now;
        eta = createEta();
        last = 0;
      }
      const remainingMs = eta.note(done, total);
      const at = performance.now();
      if (at - last < 100 && done < total) return;
      last = at;
      this.#emit({ type: 'progress', step, what, done, total, remainingMs });
    };
  }

  /** Where the model comes from, in its own metadata. */
  #stamped(model: Model, recipe: string): Model {
    const { sourceHash, modelPath, plan } = this.#prepared;
    return withMetadata(model, {
      'pare.source': basename(modelPath),
      'pare.source.sha256': sourceHash,
      'pare.tool': `pare ${version}`,
      'pare.steps': plan.steps.map(({ step }) => step.name).join(' '),
      'pare.recipe': recipe,
    });
  }

  #failure(error: unknown): RunResult {
    const signal = this.#options.signal;
    const cancelled = error instanceof Cancelled || (signal.aborted && error === signal.reason);
    const known =
      error instanceof PareError
        ? error
        : new PareError('internal', messageOf(error), {
            hint: 'This is a defect of Pare: please report it with the recipe and this text.',
          });
    this.#emit({ type: 'log', level: cancelled ? 'info' : 'error', message: known.message });
    return {
      ...this.#result(cancelled ? 'cancelled' : 'failed'),
      error: cancelled ? null : { code: known.code, message: known.message, hint: known.hint ?? null },
    };
  }

  #result(status: RunResult['status']): RunResult {
    const { recipe, modelPath } = this.#prepared;
    return {
      run: this.#name,
      status,
      recipe,
      model: modelPath,
      started: this.#started.toISOString(),
      seconds: (Date.now() - this.#started.getTime()) / 1000,
      tool: version,
      steps: this.#steps,
      before: null,
      after: null,
      latencyRatio: null,
      comparison: null,
      layers: [],
      budget: [],
      artifacts: { folder: this.#folder, model: null, report: null },
      error: null,
    };
  }

  #emit(body: Body): void {
    const event = { ...body, time: new Date().toISOString() } as RunEvent;
    if (existsSync(this.#folder)) appendEvent(this.#folder, event);
    this.#options.onEvent(event);
  }
}
