import type { RecipeContext, RecipeFix } from '../../diagnostics/define.ts';
import { yamlText } from '../../diagnostics/shared/recipe-text.ts';
import { layerMatcher } from '../../ir/layer-names.ts';
import { insertionInto } from '../../recipe/edits.ts';
import { findStep } from '../../recipe/schema.ts';
import { pathAt } from '../../recipe/syntax.ts';

/** Edits that leave the first or the last layer out of the step at a place: the two that lose most accuracy. */
export function overrideActions(
  { recipe, model, plan }: RecipeContext,
  offset: number,
): readonly RecipeFix[] {
  const [section, , name] = pathAt(recipe, offset).path;
  const step = section === 'steps' && typeof name === 'string' ? findStep(name) : undefined;
  if (!step?.layerSettings?.shape.skip || !model || !plan) return [];
  const named = (layer: string) => plan.layers.some(({ pattern }) => layerMatcher(pattern)(layer));
  const layers = model.cost.layers
    .filter(({ node, parameters }) => parameters > 0 && step.layerOps.includes(node.opType))
    .map(({ node }) => model.nameOf(node));
  const ends = [
    { which: 'first', layer: layers[0] },
    { which: 'last', layer: layers.length > 1 ? layers.at(-1) : undefined },
  ];
  return ends.flatMap(({ which, layer }) => {
    if (layer === undefined || named(layer)) return [];
    const entry = `${yamlText(layer)}: {${step.name}: {skip: true}}`;
    return {
      title: `Leave the ${which} layer, '${layer}', out of '${step.name}'`,
      edits: [insertionInto(recipe, 'layers', entry)],
    };
  });
}
