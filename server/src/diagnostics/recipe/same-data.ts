import { dirname, resolve } from 'node:path';
import { defineDiagnostic } from '../define.ts';
import { dataRange } from '../shared/data.ts';
import { valueAt } from '../shared/recipe-text.ts';

const recipe = (test: string) =>
  `model: a.onnx\ndata:\n  train: {images: a.gz}\n  test: {images: ${test}}\nsteps: [optimize: {}]\n`;

export const sameData = defineDiagnostic({
  subject: 'recipe',
  code: 'same-data',
  severity: 'warning',
  what: 'Training and test data are the same file.',
  why: 'Steps learn from the training data, so an accuracy measured on the same samples is too good: it says how well the model remembers.',
  remedy: 'Name test data that no step sees.',
  *detect(context) {
    const { recipe, file } = context;
    const [train, test] = (['train', 'test'] as const).map((which) =>
      valueAt(recipe.value, ['data', which, 'images']),
    );
    if (typeof train !== 'string' || typeof test !== 'string') return;
    if (resolve(dirname(file), train) === resolve(dirname(file), test))
      yield { message: `'${test}' is the training data too.`, range: dataRange(context, 'test', 'images') };
  },
  bad: [{ recipe: recipe('<|./a.gz|>') }],
  good: [{ recipe: recipe('b.gz') }],
});
