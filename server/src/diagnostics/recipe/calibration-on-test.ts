import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { needingData } from '../shared/steps.ts';

const recipe = (train: string, step: string) =>
  `model: a.onnx\ndata:\n${train}  test: {images: b.gz, labels: c.gz}\nsteps:\n  - ${step}: {}\n`;

export const calibrationOnTest = defineDiagnostic({
  subject: 'recipe',
  code: 'calibration-on-test',
  severity: 'warning',
  what: 'A step learns from the test data, since the recipe names no training data.',
  why: 'The accuracy is then measured on samples that the step has seen: it comes out too good, if mostly by little for calibration.',
  remedy: 'Add `data.train`; a few hundred samples are enough for calibration.',
  *detect({ plan, recipe }) {
    if (!plan?.data.test || plan.data.train) return;
    // A step that trains on labels refuses test data: see `needs-labels`.
    for (const { step, settings, path } of needingData(plan))
      if (!step.needs(settings as never).labels)
        yield {
          message: `'${step.name}' has no training data and learns from the test data.`,
          range: rangeOf(recipe, path, 'key'),
        };
  },
  bad: [{ recipe: recipe('', '<|quantize|>') }],
  good: [{ recipe: recipe('  train: {images: a.gz}\n', 'quantize') }, { recipe: recipe('', 'prune') }],
});
