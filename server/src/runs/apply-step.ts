import { PareError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import { unnamedInputs } from '../data/further-inputs.ts';
import { openDataset } from '../data/open.ts';
import type { DataSource } from '../data/source.ts';
import { layerNames, matchesLayer } from '../ir/layer-names.ts';
import type { Model } from '../ir/model.ts';
import { labelOf, type Node } from '../ir/node.ts';
import { shapeOf } from '../ir/value-type.ts';
import type { LayerOverride } from '../recipe/plan.ts';
import type { Step, StepContext, StepResult } from '../steps/define.ts';

export interface StepCall {
  readonly step: Step;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly model: Model;
  readonly train: Dataset | undefined;
  readonly test: Dataset | undefined;
  readonly seed: number;
  readonly overrides: readonly LayerOverride[];
  readonly runner: StepContext['runner'];
  readonly signal: AbortSignal;
  readonly original?: Model | undefined;
  readonly folder?: string | undefined;
  readonly checkpoints?: string | undefined;
  readonly progress: StepContext['progress'];
  readonly metric: StepContext['metric'];
}

/** Applies one step to a model. Throws `needs-data` or `needs-labels` when the step cannot do without them, and what the step throws. */
export function applyStep(call: StepCall): Promise<StepResult> {
  const { step, settings, model, train, test } = call;
  const needs = step.needs(settings as never);
  const data = train ?? test;
  if (needs.data && !data)
    throw new PareError('needs-data', `The step '${step.name}' needs data to learn from.`, {
      hint: "Name them under 'data.train' of the recipe, or with --calibrate.",
    });
  if (needs.labels && data?.classes === undefined && data?.targetShapes === undefined)
    throw new PareError('needs-labels', `The step '${step.name}' needs labelled data.`, {
      hint: "Add 'labels' or 'targets' to 'data.train'.",
    });
  return step.apply(model, settings as never, { ...call, layer: layerSettings(model, step, call.overrides) });
}

/** The overrides of a recipe's `layers:` for a node: later patterns win over earlier ones. */
function layerSettings(model: Model, step: Step, overrides: readonly LayerOverride[]): StepContext['layer'] {
  const names = layerNames(model.graph);
  const own = overrides.filter(({ settings }) => settings[step.name]);
  return (node: Node) => {
    const name = names.get(node) ?? labelOf(node);
    return Object.assign(
      {},
      ...own.filter(({ pattern }) => matchesLayer(pattern, name)).map(({ settings }) => settings[step.name]),
    );
  };
}

/** Opens data for a model's inputs. Paths are relative to `folder`. */
export function openData(source: DataSource, folder: string, model: Model): Promise<Dataset> {
  const inputs = new Map(
    model.graph.inputs
      .filter(({ name }) => !model.graph.initializers.has(name))
      .map(({ name, type }) => [name, shapeOf(type)?.slice(1)]),
  );
  return openDataset(source, folder, inputs.get(unnamedInputs(inputs.keys(), source)[0] ?? ''), inputs);
}
