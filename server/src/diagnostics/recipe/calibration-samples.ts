import { PareError } from '../../base/errors.ts';
import { rangeOf } from '../../recipe/syntax.ts';
import { defineDiagnostic } from '../define.ts';

/** Fewer samples rarely show the ranges of all values. */
const few = 32;
const recipe = (samples: number | string) =>
  `model: a.onnx\ndata: {train: {images: a.gz}}\nsteps:\n  - quantize: {samples: ${samples}}\n`;
const data = { train: { samples: 200, sampleShape: [8, 8], labels: undefined } };

export const calibrationSamples = defineDiagnostic({
  subject: 'recipe',
  code: 'calibration-samples',
  severity: 'warning',
  what: 'The number of calibration samples is very small, or larger than the data.',
  why: 'Ranges that too few samples show cut off the values of others. A number above that of the data is not reached.',
  remedy: 'Use 100 to 1000 samples: more change little.',
  *detect({ plan, recipe, data }) {
    const facts = data.train ?? data.test;
    for (const { step, settings, given, path } of plan?.steps ?? []) {
      const { samples } = settings;
      if (step.name !== 'quantize' || typeof samples !== 'number' || !('samples' in given)) continue;
      const range = rangeOf(recipe, [...path, 'samples']);
      if (samples < few)
        yield { message: `${samples} calibration samples are few: ranges may be too narrow.`, range };
      else if (facts && !(facts instanceof PareError) && samples > facts.samples)
        yield {
          message: `There are only ${facts.samples} samples to calibrate on.`,
          range,
          severity: 'information',
        };
    }
  },
  bad: [
    { recipe: recipe('<|4|>'), data },
    { recipe: recipe('<|512|>'), data },
  ],
  good: [{ recipe: recipe(100), data }],
});
