import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { isLabelled } from '../shared/data.ts';

export const budgetWithoutData = defineDiagnostic({
  subject: 'recipe',
  code: 'budget-without-data',
  severity: 'error',
  what: 'The budget limits the loss of accuracy, but the recipe names no labelled test data.',
  why: 'Accuracy can only be measured on samples whose right answers are known; without them the limit could never be kept or missed.',
  remedy: 'Add `data.test` with `images` and `labels`, or remove `accuracy-drop`.',
  *detect(context) {
    const { plan, recipe } = context;
    if (plan?.budget['accuracy-drop'] === undefined || isLabelled(context, 'test')) return;
    const lacks = plan.data.test ? 'The test data have no labels' : 'There are no test data';
    yield {
      message: `${lacks}, so a loss of accuracy cannot be measured.`,
      range: rangeOf(recipe, ['budget', 'accuracy-drop'], 'key'),
    };
  },
  bad: [
    { recipe: 'model: a.onnx\nbudget: {<|accuracy-drop|>: 1 %}\nsteps: [optimize: {}]\n' },
    {
      recipe:
        'model: a.onnx\ndata: {test: {images: a.gz}}\nbudget: {<|accuracy-drop|>: 1 %}\nsteps: [optimize: {}]\n',
    },
  ],
  good: [
    {
      recipe:
        'model: a.onnx\ndata: {test: {images: a.gz, labels: b.gz}}\nbudget: {accuracy-drop: 1 %}\nsteps: [optimize: {}]\n',
    },
    { recipe: 'model: a.onnx\nbudget: {size: 1 MB}\nsteps: [optimize: {}]\n' },
  ],
});
