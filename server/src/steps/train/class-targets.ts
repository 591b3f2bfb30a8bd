import { inferShapes } from '../../analysis/shapes.ts';
import { PareError } from '../../base/errors.ts';
import type { Batch, Dataset } from '../../data/dataset.ts';
import type { Model } from '../../ir/model.ts';
import { shapeOf } from '../../ir/value-type.ts';
import type { StepContext } from '../define.ts';
import type { Feeds } from './feeder.ts';

/** The recipe's training data. Test data are never learned from. Throws `needs-data`. */
export function trainingData(context: StepContext): Dataset {
  if (context.train) return context.train;
  throw new PareError('needs-data', 'Training needs training data; the test data are for measuring alone.', {
    hint: "Name them under 'data.train' of the recipe.",
  });
}

/** Feeds the classes of a batch as `target`. Throws `needs-labels`, and `label-range` for a class that the model does not have. */
export function classTargets(model: Model): (batch: Batch) => Feeds {
  const output = model.graph.outputs[0]?.name ?? '';
  const classes = shapeOf(inferShapes(model).types.get(output))?.[1];
  return ({ labels, indices }) => {
    if (!labels)
      throw new PareError('needs-labels', 'Training a classifier needs the class of every sample.', {
        hint: "Add 'labels' to 'data.train'.",
      });
    const at = labels.findIndex((label) => label < 0 || (typeof classes === 'number' && label >= classes));
    if (at >= 0)
      throw new PareError(
        'label-range',
        `Sample ${indices[at]} is of class ${labels[at]}; the model has ${classes}.`,
      );
    return { target: { type: 'int32', dims: [labels.length], data: labels } };
  };
}
