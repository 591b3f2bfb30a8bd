import { liftWeights } from '../../autodiff/parameters.ts';
import type { ParameterGroup } from '../../autodiff/update.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import type { StepContext } from '../define.ts';
import type { LayerTrainingSettings } from './settings.ts';

/** What `layers:` of a recipe says of a model's weights. */
export interface WeightSettings {
  /** Weights that only layers with `skip` read. */
  readonly frozen: ReadonlySet<string>;
  /** Weights with a rate or a decay of their own; where several layers share one, the first that says something counts. */
  readonly groups: ReadonlyMap<string, ParameterGroup>;
}

export function weightSettings(model: Model, context: StepContext): WeightSettings {
  const { graph } = cloneModel(model);
  liftWeights(graph);
  const originals = new Map(model.graph.nodes.map((node) => [node.outputs[0], node]));
  const frozen = new Set<string>();
  const groups = new Map<string, ParameterGroup>();
  for (const name of graph.initializers.keys()) {
    const readers = graph
      .consumers(name)
      .map((node): LayerTrainingSettings => context.layer(originals.get(node.outputs[0]) ?? node));
    if (readers.length > 0 && readers.every(({ skip }) => skip)) frozen.add(name);
    const rate = readers.find((own) => own.rate !== undefined)?.rate;
    const decay = readers.find((own) => own.decay !== undefined)?.decay;
    if (rate !== undefined || decay !== undefined) groups.set(name, { rate, decay });
  }
  return { frozen, groups };
}
