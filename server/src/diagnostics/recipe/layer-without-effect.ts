import { layerMatcher } from '../../ir/layer-names.ts';
import { findStep } from '../../recipe/schema.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { entriesAt } from '../shared/recipe-text.ts';
import { smallClassifier } from '../shared/sketch.ts';
import { withoutSetting } from '../shared/steps.ts';

const recipe = (layers: string) =>
  `model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n  - prune: {}\nlayers:\n${layers}`;

export const layerWithoutEffect = defineDiagnostic({
  subject: 'recipe',
  code: 'layer-without-effect',
  severity: 'warning',
  what: 'Settings of a layer have no effect.',
  why: 'They are for a step that the recipe does not have, or that does not work on layers of this kind. What was meant does not happen.',
  remedy: 'Add the step, or remove the settings.',
  *detect({ plan, recipe, model }) {
    if (!plan) return;
    for (const [pattern] of entriesAt(recipe.value, ['layers'])) {
      const matches = layerMatcher(pattern);
      const meant = model?.cost.layers.filter(({ node }) => matches(model.nameOf(node)));
      for (const [name] of entriesAt(recipe.value, ['layers', pattern])) {
        const step = findStep(name);
        const path = ['layers', pattern, name];
        const found = { range: rangeOf(recipe, path, 'key'), fixes: withoutSetting(recipe, path) };
        if (!plan.steps.some((planned) => planned.step === step))
          yield { message: `The recipe has no step '${name}'.`, ...found };
        else if (meant && meant.length > 0 && !meant.some(({ node }) => step?.layerOps.includes(node.opType)))
          yield {
            message: `'${pattern}' is ${meant.map(({ op }) => op)[0]}: '${name}' works on ${step?.layerOps.join(', ')}.`,
            ...found,
          };
      }
    }
  },
  bad: [
    { recipe: recipe('  conv1: {<|quantize|>: {skip: true}}\n'), model: smallClassifier },
    { recipe: recipe('  relu1: {<|prune|>: {skip: true}}\n'), model: smallClassifier },
  ],
  good: [{ recipe: recipe('  conv1: {prune: {skip: true}}\n  "*": {prune: {}}\n'), model: smallClassifier }],
});
