import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange } from '../shared/data.ts';

const recipe = 'model: a.onnx\ndata: {test: {images: a.gz, labels: <|b.gz|>}}\nsteps: [optimize: {}]\n';
const test = { samples: 100, sampleShape: [8, 8] };

export const dataLabels = defineDiagnostic({
  subject: 'recipe',
  code: 'data-labels',
  severity: 'error',
  what: 'The labels do not belong to the samples: their numbers differ, or a label is no class.',
  why: 'Every label after the gap would stand beside the wrong sample, and the accuracy would mean nothing.',
  remedy: 'Name the labels that belong to these samples, such as both files of the test set.',
  *detect(context) {
    for (const { which, facts } of dataOf(context))
      if (facts.labels !== undefined && facts.labels !== facts.samples)
        yield {
          message: `There are ${facts.samples} samples but ${facts.labels} labels.`,
          range: dataRange(context, which, 'labels'),
        };
  },
  bad: [{ recipe, data: { test: { ...test, labels: 60 } } }],
  good: [{ recipe: recipe.replaceAll(/<\||\|>/g, ''), data: { test: { ...test, labels: 100 } } }],
});
