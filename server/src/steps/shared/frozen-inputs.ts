import { cloneModel, type Model } from '../../ir/model.ts';

/** Before this version a file had to list its constants among the graph's inputs, too. */
const firstWithConstants = 4;

/**
 * A copy in which constants are constants. Files of IR versions below 4 list every initializer among the inputs, which says
 * that a caller may give another value; nobody means that, and nothing could be folded, pruned or quantized. The IR version
 * becomes 4 then. Newer files that list one mean it, and keep it.
 */
export function withFrozenInputs(model: Model): Model {
  const copy = cloneModel(model);
  if (model.irVersion >= firstWithConstants) return copy;
  const { graph } = copy;
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  graph.inputs.splice(0, graph.inputs.length, ...inputs);
  return { ...copy, irVersion: firstWithConstants };
}
