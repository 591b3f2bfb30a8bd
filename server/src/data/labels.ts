import type { StoredArray } from './array-file.ts';
import { dataError } from './data-error.ts';

/** Labels of so many classes take the memory of their confusion matrix. */
const mostClasses = 2 ** 16;

/**
 * The class of each sample as a number from 0. Throws `data-labels` when it is not one integer a sample, or names a class
 * that does not exist.
 */
export function classLabels(
  { dims, data }: StoredArray,
  classNames: readonly string[] | undefined,
  file: string,
): Int32Array {
  const refuse = (message: string, hint: string) => dataError('data-labels', message, file, hint);
  if (data.length !== dims[0])
    throw refuse(
      `'${file}' has shape [${dims.join(', ')}], not one label a sample.`,
      'Give the class of each sample as an integer; turn one-hot rows into it with `argmax`.',
    );
  const limit = classNames?.length ?? mostClasses;
  const labels = new Int32Array(data.length);
  for (let sample = 0; sample < labels.length; sample++) {
    const label = Number(data[sample]);
    if (!Number.isInteger(label) || label < 0 || label >= limit)
      throw refuse(
        `Sample ${sample} of '${file}' has label ${label}; ${classNames ? `there are ${limit} classes, 0 to ${limit - 1}` : `a label is an integer from 0 to ${limit - 1}`}.`,
        'Number the classes from 0, and name all of them in `classes` when you name any.',
      );
    labels[sample] = label;
  }
  return labels;
}
