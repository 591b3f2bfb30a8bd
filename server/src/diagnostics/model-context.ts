import { modelCost } from '../analysis/cost.ts';
import { inferShapes } from '../analysis/shapes.ts';
import { layerNames } from '../ir/layer-names.ts';
import type { Model } from '../ir/model.ts';
import { labelOf } from '../ir/node.ts';
import type { ModelContext } from './define.ts';

/** Everything that detectors look at. Reads no weights but the small integers that shapes are computed from. */
export function modelContext(model: Model, options: { readonly readsWeights?: boolean } = {}): ModelContext {
  const shapes = inferShapes(model);
  const names = layerNames(model.graph);
  return {
    model,
    shapes,
    cost: modelCost(model, shapes),
    nameOf: (node) => names.get(node) ?? labelOf(node),
    readsWeights: options.readsWeights ?? false,
  };
}
