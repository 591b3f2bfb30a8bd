import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Provider } from '../base/providers.ts';
import { version } from '../base/version.ts';
import type { Model } from '../ir/model.ts';
import { openModel, saveModel } from '../onnx/files.ts';
import type { LayerOverride, PlannedStep } from '../recipe/plan.ts';
import type { LayerChange } from '../steps/define.ts';
import { writeJson } from './run-store.ts';

/** What a finished step leaves behind, beside its model. */
export interface CachedStep {
  readonly notes: readonly string[];
  readonly layers: readonly LayerChange[];
  readonly metrics: Readonly<Record<string, readonly { readonly at: number; readonly value: number }[]>>;
  readonly ms: number;
}

/** Finished steps of the recipes in a folder, by the key of everything that their results depend on. */
export interface StepCache {
  readonly get: (key: string) => (CachedStep & { readonly model: Model; readonly path: string }) | undefined;
  readonly put: (
    key: string,
    model: Model,
    step: CachedStep,
  ) => { readonly path: string; readonly bytes: number };
  /** Where the unfinished step of this key keeps its checkpoints; gone once it is put. */
  readonly checkpoints: (key: string) => string;
}

export function openCache(recipe: string): StepCache {
  const folder = join(dirname(resolve(recipe)), '.pare', 'cache');
  const checkpoints = (key: string) => join(folder, `${key}.checkpoints`);
  const files = (key: string) => ({ model: join(folder, `${key}.onnx`), step: join(folder, `${key}.json`) });
  return {
    checkpoints,
    get: (key) => {
      const { model, step } = files(key);
      // The step's description is written last: where it is, the model is whole.
      if (!existsSync(step) || !existsSync(model)) return undefined;
      try {
        return {
          ...(JSON.parse(readFileSync(step, 'utf8')) as CachedStep),
          model: openModel(model),
          path: model,
        };
      } catch {
        return undefined;
      }
    },
    put: (key, model, step) => {
      const paths = files(key);
      mkdirSync(folder, { recursive: true });
      const bytes = saveModel(model, paths.model);
      writeJson(paths.step, step);
      rmSync(checkpoints(key), { recursive: true, force: true });
      return { path: paths.model, bytes };
    },
  };
}

export interface KeyParts {
  /** Key of the step before, or the hash of the source model. */
  readonly input: string;
  readonly planned: PlannedStep;
  readonly overrides: readonly LayerOverride[];
  readonly seed: number;
  /** Providers round differently. */
  readonly provider: Provider;
  /** Hashes of the data that the step reads. */
  readonly data: readonly string[];
}

/** The key of a step's result: the same parts give the same model. */
export function stepKey({ input, planned, overrides, seed, provider, data }: KeyParts): string {
  const { step, settings } = planned;
  const own = overrides.flatMap(({ pattern, settings: all }) =>
    all[step.name] ? [[pattern, all[step.name]]] : [],
  );
  return createHash('sha256')
    .update(
      JSON.stringify([
        version,
        step.name,
        step.version,
        sorted(settings),
        own.map(sorted),
        input,
        seed,
        data,
        ...(provider === 'cpu' ? [] : [provider]),
      ]),
    )
    .digest('hex')
    .slice(0, 32);
}

/** Keys in one order, so that equal settings give equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
