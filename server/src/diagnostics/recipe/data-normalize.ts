import { PareError } from '../../base/errors.ts';
import { readShape } from '../../data/facts.ts';
import { normalizedChannels } from '../../data/normalize.ts';
import { layoutOf } from '../../data/sample-layout.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange, wantedShape } from '../shared/data.ts';
import { smallClassifier } from '../shared/sketch.ts';

const data = { test: { samples: 5, sampleShape: [8, 8], labels: undefined } };
const recipe = (normalize: string) =>
  `model: a.onnx\ndata: {test: {images: pixels.gz, normalize: ${normalize}}}\nsteps: [optimize: {}]\n`;

export const dataNormalize = defineDiagnostic({
  subject: 'recipe',
  code: 'data-normalize',
  severity: 'error',
  what: 'The numbers of means and deviations do not fit the channels of the samples.',
  why: 'Each channel has its own mean and deviation, or all share one; nothing else can be meant.',
  remedy: 'Give one number, or one for each channel.',
  *detect(context) {
    for (const named of dataOf(context)) {
      const { which, facts, images, source } = named;
      if (!source) continue;
      const wanted = context.model && wantedShape(context.model.model, named);
      try {
        layoutOf(readShape(facts, wanted), wanted, normalizedChannels(source.normalize), images);
      } catch (error) {
        if (!(error instanceof PareError)) throw error;
        if (error.code === 'data-normalize')
          yield { message: error.message, range: dataRange(context, which, 'normalize') };
      }
    }
  },
  bad: [
    { recipe: recipe('<|{mean: [0.1, 0.2, 0.3]}|>'), model: smallClassifier, data },
    { recipe: recipe('<|{mean: [0.1, 0.2], std: [1, 1, 1]}|>'), model: smallClassifier, data },
  ],
  good: [{ recipe: recipe('{mean: [0.1], std: [0.5]}'), model: smallClassifier, data }],
});
