import type * as z from 'zod';
import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { Runner } from './runner.ts';

/**
 * One compression step, whole: recipe keys, validation, completion, hover, command-line options and docs are derived from
 * its declaration.
 */
export interface Step {
  /** Its key in a recipe and its command: `quantize`. */
  readonly name: string;
  /** One sentence, for lists. */
  readonly summary: string;
  /** Markdown for hover and docs: what it does, when to use it, what it costs, the paper it follows. */
  readonly details: string;
  /** Raised whenever its results change: part of the cache key. */
  readonly version: number;
  /** Settings with defaults and descriptions (`.describe`, `.default`, unit types from `settings.ts`). */
  readonly settings: z.ZodObject;
  /** Settings that a recipe's `layers:` may override per layer; a subset of `settings`. */
  readonly layerSettings: z.ZodObject | undefined;
  /** Operators whose nodes count as this step's layers, for completion and for `layers:`. */
  readonly layerOps: readonly string[];
  readonly needs: (settings: never) => Needs;
  readonly apply: (model: Model, settings: never, context: StepContext) => Promise<StepResult>;
}

/** What a step cannot do without. */
export interface Needs {
  /** Reads `data.train` (or `data.test`'s first samples where there is no training data) to calibrate. */
  readonly data?: boolean;
  /** Reads the right answers of `data.train`: classes or targets. */
  readonly labels?: boolean;
  /** Models that the settings name beside the recipe's own: their content is part of the cache key. */
  readonly models?: readonly string[];
}

export interface StepContext {
  readonly runner: Runner;
  /** Training data, or undefined when the recipe has none. */
  readonly train: Dataset | undefined;
  readonly test: Dataset | undefined;
  readonly seed: number;
  /** Overrides from `layers:` for a node, already validated; `skip: true` leaves the layer alone. */
  readonly layer: (node: Node) => Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** The model that the recipe started with; undefined where the step stands alone. */
  readonly original?: Model | undefined;
  /** The folder that paths in settings are relative to; the working directory by default. */
  readonly folder?: string | undefined;
  /** A folder for checkpoints, the same when the step is run again with the same inputs; undefined: none are kept. */
  readonly checkpoints?: string | undefined;
  /** Says how far the step is, in units of its own choice; `what` names the work, such as `calibrating`. */
  readonly progress: (done: number, total: number, what: string) => void;
  /** Records a figure of the running step, such as a loss. */
  readonly metric: (name: string, value: number, at?: number) => void;
}

export interface StepResult {
  /** A new model; the given one is not changed. */
  readonly model: Model;
  /** Sentences for the report: what was done and why something was left alone. */
  readonly notes: readonly string[];
  /** What happened to each layer, for the per-layer table. */
  readonly layers: readonly LayerChange[];
}

export interface LayerChange {
  /** `labelOf` the node in the model that the step was given. */
  readonly layer: string;
  readonly op: string;
  /** `pruned 50 %`, `int8 per channel`, `left in float: first layer`. */
  readonly change: string;
}

interface Declaration<S extends z.ZodObject, L extends z.ZodObject | undefined> {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly version: number;
  readonly settings: S;
  readonly layerSettings?: L;
  readonly layerOps: readonly string[];
  readonly needs?: (settings: z.output<S>) => Needs;
  readonly apply: (model: Model, settings: z.output<S>, context: StepContext) => Promise<StepResult>;
}

/** Declares a step; `apply` sees its settings with their types. */
export function defineStep<S extends z.ZodObject, L extends z.ZodObject | undefined = undefined>(
  declaration: Declaration<S, L>,
): Step {
  return { needs: () => ({}), layerSettings: undefined, ...declaration } as unknown as Step;
}
