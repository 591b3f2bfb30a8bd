import type { Accuracy } from '../protocol/run.ts';
import { wilson } from './wilson.ts';

/** A matrix of more classes says nothing to a person, and its size grows with their square. */
const mostInMatrix = 256;

/**
 * Accuracy with its 95 % interval, precision and recall of each class, and the confusion matrix. `classes` is the number of
 * classes that the model tells apart; labels lie below it. Precision is 0 for a class that was never predicted, recall for
 * one that never occurs. The matrix is empty when there are over 256 classes.
 */
export function accuracyOf(
  predictions: Int32Array,
  labels: Int32Array,
  classes: number,
  classNames?: readonly string[],
): Accuracy {
  const [actual, predicted, hits] = [0, 0, 0].map(() => new Uint32Array(classes)) as Counts;
  const size = classes > mostInMatrix ? 0 : classes;
  const confusion = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (let sample = 0; sample < labels.length; sample++) {
    const [label, prediction] = [labels[sample]!, predictions[sample]!];
    actual[label]!++;
    predicted[prediction]!++;
    if (label === prediction) hits[label]!++;
    if (size > 0) confusion[label]![prediction]!++;
  }
  const correct = hits.reduce((a, b) => a + b, 0);
  return {
    value: labels.length === 0 ? 0 : correct / labels.length,
    ...wilson(correct, labels.length),
    correct,
    samples: labels.length,
    classes: Array.from(hits, (count, index) => ({
      name: classNames?.[index] ?? String(index),
      samples: actual[index]!,
      precision: predicted[index] === 0 ? 0 : count / predicted[index]!,
      recall: actual[index] === 0 ? 0 : count / actual[index]!,
    })),
    confusion,
  };
}

type Counts = [Uint32Array, Uint32Array, Uint32Array];
