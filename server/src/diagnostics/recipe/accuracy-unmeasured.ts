import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { isAnswered } from '../shared/data.ts';

const recipe = (data: string, step: string) => `model: a.onnx\n${data}steps:\n  - ${step}: {}\n`;
/** Steps that change no result beyond rounding. */
const exact: ReadonlySet<string> = new Set(['optimize']);

export const accuracyUnmeasured = defineDiagnostic({
  subject: 'recipe',
  code: 'accuracy-unmeasured',
  severity: 'information',
  what: 'The recipe changes what the model answers, and names no labelled test data.',
  why: 'Size and time are measured, but nobody learns what the compression cost in accuracy.',
  remedy: 'Add `data.test` with `images` and `labels` or `targets`.',
  *detect(context) {
    const { plan, recipe } = context;
    if (!plan || isAnswered(context, 'test')) return;
    const changing = plan.steps.find(({ step }) => !exact.has(step.name));
    if (changing)
      yield {
        message: `What '${changing.step.name}' costs in accuracy is not measured: there are no labelled test data.`,
        range: rangeOf(recipe, ['steps'], 'key'),
      };
  },
  bad: [{ recipe: recipe('', 'prune').replace('steps', '<|steps|>') }],
  good: [
    { recipe: recipe('data: {test: {images: a.gz, labels: b.gz}}\n', 'prune') },
    { recipe: recipe('', 'optimize') },
  ],
});
