import { PareError } from '../../base/errors.ts';
import { readShape } from '../../data/facts.ts';
import { layoutOf } from '../../data/sample-layout.ts';
import { defineDiagnostic } from '../define.ts';
import { dataOf, dataRange, wantedShape } from '../shared/data.ts';
import { smallClassifier } from '../shared/sketch.ts';

const recipe = 'model: a.onnx\ndata: {test: {images: <|pixels.gz|>}}\nsteps: [optimize: {}]\n';

export const dataShape = defineDiagnostic({
  subject: 'recipe',
  code: 'data-shape',
  severity: 'error',
  what: "The data's samples have another shape than the model's input.",
  why: 'The model cannot run on them. Often the data belong to another model, or were not resized.',
  remedy: 'Use the data that the model was trained on, or bring the samples into its shape.',
  *detect(context) {
    for (const named of dataOf(context)) {
      const { which, facts, images } = named;
      const wanted = context.model && wantedShape(context.model.model, named);
      if (!wanted) continue;
      try {
        layoutOf(readShape(facts, wanted), wanted, 1, images);
      } catch (error) {
        if (!(error instanceof PareError && error.code === 'data-shape')) throw error;
        yield { message: error.message, range: dataRange(context, which, 'images') };
      }
    }
  },
  bad: [
    {
      recipe,
      model: smallClassifier,
      data: { test: { samples: 5, sampleShape: [28, 28], labels: undefined } },
    },
  ],
  good: [
    {
      recipe: recipe.replaceAll(/<\||\|>/g, ''),
      model: smallClassifier,
      data: { test: { samples: 5, sampleShape: [8, 8], labels: undefined } },
    },
    {
      recipe: recipe.replaceAll(/<\||\|>/g, ''),
      model: smallClassifier,
      data: { test: { samples: 5, sampleShape: [8, 8, 3], labels: 5, anyChannels: true } },
    },
  ],
});
