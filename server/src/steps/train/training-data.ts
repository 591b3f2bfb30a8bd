import { PareError } from '../../base/errors.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { StepContext } from '../define.ts';

/** The recipe's training data. Test data are never learned from. Throws `needs-data`. */
export function trainingData(context: StepContext): Dataset {
  if (context.train) return context.train;
  throw new PareError('needs-data', 'Training needs training data; the test data are for measuring alone.', {
    hint: "Name them under 'data.train' of the recipe.",
  });
}
