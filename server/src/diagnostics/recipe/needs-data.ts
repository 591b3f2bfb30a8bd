import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { needingData } from '../shared/steps.ts';

const recipe = (data: string, step: string) => `model: a.onnx\n${data}steps:\n  - ${step}: {}\n`;

export const needsData = defineDiagnostic({
  subject: 'recipe',
  code: 'needs-data',
  severity: 'error',
  what: 'A step needs data, and the recipe names none.',
  why: 'Calibration and training look at samples: nothing can stand in for them.',
  remedy: 'Add `data.train` with `images`, and with `labels` where the step trains.',
  *detect(context) {
    const { plan, recipe } = context;
    if (!plan || plan.data.train || plan.data.test) return;
    for (const { step, path } of needingData(plan))
      yield {
        message: `The step '${step.name}' needs data to learn from.`,
        range: rangeOf(recipe, path, 'key'),
      };
  },
  bad: [{ recipe: recipe('', '<|quantize|>') }],
  good: [
    { recipe: recipe('data: {train: {images: a.gz}}\n', 'quantize') },
    { recipe: recipe('', 'optimize') },
  ],
});
