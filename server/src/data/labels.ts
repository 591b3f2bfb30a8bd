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

/**
 * The class of each sample from text: numbers from 0 stay what they are, names are numbered in the order of `classNames`, or
 * of the alphabet when there are none. Throws `data-labels`.
 */
export function namedLabels(
  texts: readonly string[],
  classNames: readonly string[] | undefined,
  file: string,
): { readonly labels: Int32Array; readonly classNames: readonly string[] | undefined } {
  const named = classNames && texts.every((text) => classNames.includes(text));
  if (!named && texts.every((text) => /^\d+(\.0*)?$/.test(text))) {
    const data = Float64Array.from(texts, Number);
    return { labels: classLabels({ dims: [texts.length], data }, classNames, file), classNames };
  }
  const names = classNames ?? [...new Set(texts)].sort();
  const numbers = new Map(names.map((name, index) => [name, index]));
  const labels = Int32Array.from(texts, (text, sample) => {
    const label = text === '' ? undefined : numbers.get(text);
    if (label !== undefined) return label;
    throw dataError(
      'data-labels',
      text === ''
        ? `Sample ${sample} of '${file}' has no label.`
        : `Sample ${sample} of '${file}' has label '${text}', which is not among the named classes.`,
      file,
      'Label every sample, and name all classes in `classes` when you name any.',
    );
  });
  return { labels, classNames: names };
}
