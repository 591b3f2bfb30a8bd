import { removalOf } from '../../recipe/edits.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange } from '../shared/data.ts';

const recipe = (limit: string) =>
  `model: a.onnx\ndata: {test: {images: a.gz, limit: ${limit}}}\nsteps: [optimize: {}]\n`;
const data = { test: { samples: 100, sampleShape: [8, 8], labels: undefined } };

export const limitWithoutEffect = defineDiagnostic({
  subject: 'recipe',
  code: 'limit-without-effect',
  severity: 'information',
  what: '`limit` is not below the number of samples.',
  why: 'All samples are used, as without it.',
  remedy: 'Remove it, or give a smaller number.',
  *detect(context) {
    for (const { which, facts, source } of dataOf(context)) {
      if (source?.limit === undefined || source.limit < facts.samples) continue;
      const removal = removalOf(context.recipe, ['data', which, 'limit']);
      yield {
        message: `There are only ${facts.samples} samples: a limit of ${source.limit} changes nothing.`,
        range: dataRange(context, which, 'limit'),
        fixes: removal ? [{ title: "Remove 'limit'", edits: [{ range: removal, text: '' }] }] : [],
      };
    }
  },
  bad: [{ recipe: recipe('<|500|>'), data }],
  good: [{ recipe: recipe('50'), data }],
});
