import { didYouMean } from '../../base/suggest.ts';
import { layerMatcher } from '../../ir/layer-names.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { layerNamesOf } from '../shared/layers.ts';
import { entriesAt, yamlText } from '../shared/recipe-text.ts';
import { smallClassifier } from '../shared/sketch.ts';

export const unknownLayer = defineDiagnostic({
  subject: 'recipe',
  code: 'unknown-layer',
  severity: 'error',
  what: 'A name or pattern under `layers:` matches no layer of the model.',
  why: 'The settings below it would be ignored, and the layer they were meant for compressed like all others.',
  remedy:
    'Use a name that completion offers, or `pare inspect MODEL` lists; `*` matches within a part of a name, `**` across parts.',
  *detect({ recipe, model }) {
    if (!model) return;
    const names = layerNamesOf(model);
    for (const [pattern] of entriesAt(recipe.value, ['layers'])) {
      if (names.some(layerMatcher(pattern))) continue;
      const range = rangeOf(recipe, ['layers', pattern], 'key');
      if (pattern.includes('*')) {
        yield { message: `The pattern '${pattern}' matches no layer of the model.`, range };
        continue;
      }
      const suggestion = didYouMean(pattern, names);
      yield {
        message: `The model has no layer '${pattern}'.${suggestion ? ` Did you mean '${suggestion}'?` : ''}`,
        range,
        fixes: suggestion
          ? [{ title: `Change to '${suggestion}'`, edits: [{ range, text: yamlText(suggestion) }] }]
          : [],
      };
    }
  },
  bad: [
    {
      recipe: 'model: a.onnx\nsteps: [quantize: {}]\nlayers:\n  <|convl|>: {quantize: {skip: true}}\n',
      model: smallClassifier,
    },
    {
      recipe: 'model: a.onnx\nsteps: [quantize: {}]\nlayers:\n  <|"block*"|>: {quantize: {skip: true}}\n',
      model: smallClassifier,
    },
  ],
  good: [
    {
      recipe:
        'model: a.onnx\nsteps: [quantize: {}]\nlayers:\n  conv1: {quantize: {skip: true}}\n  "f*": {}\n',
      model: smallClassifier,
    },
  ],
});
