import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';
import { isAnswered } from '../shared/data.ts';

const recipe = (data: string, step: string) => `model: a.onnx\ndata: {${data}}\nsteps:\n  - ${step}: {}\n`;

export const needsLabels = defineDiagnostic({
  subject: 'recipe',
  code: 'needs-labels',
  severity: 'error',
  what: 'A step trains on labels, and the training data have none.',
  why: 'Training needs the right answer for every sample: its class, or targets for the outputs. Test data are for measuring alone: no training learns from them.',
  remedy: 'Add `labels` or `targets` to `data.train`.',
  *detect(context) {
    const { plan, recipe } = context;
    if (!plan || isAnswered(context, 'train')) return;
    // A recipe without any data lacks more than labels.
    if (!plan.data.train && !plan.data.test) return;
    const lacks = plan.data.train ? 'The training data have no labels' : 'There are no training data';
    for (const { step, settings, path } of plan.steps)
      if (step.needs(settings as never).labels)
        yield {
          message: `${lacks}, which '${step.name}' needs.`,
          range: rangeOf(recipe, path, 'key'),
        };
  },
  bad: [
    { recipe: recipe('train: {images: a.gz}', '<|finetune|>') },
    { recipe: recipe('test: {images: a.gz, labels: b.gz}', '<|finetune|>') },
  ],
  good: [
    { recipe: recipe('train: {images: a.gz, labels: b.gz}', 'finetune') },
    { recipe: recipe('train: {images: a.npy, targets: {y: b.npy}}', 'finetune') },
    { recipe: recipe('train: {images: a.gz}', 'quantize') },
    {
      recipe: recipe('train: {images: photos}', 'finetune'),
      data: { train: { samples: 5, sampleShape: [8, 8, 3], labels: 5, anyChannels: true } },
    },
  ],
});
