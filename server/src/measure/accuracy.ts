import type { Accuracy } from '../protocol/run.ts';
import { wilson } from './wilson.ts';

/**
 * Accuracy with its 95 % interval, precision and recall of each class, and the confusion matrix. `classes` is the number of
 * classes that the model tells apart; labels lie below it. Precision is 0 for a class that was never predicted, recall for
 * one that never occurs.
 */
export function accuracyOf(
  predictions: Int32Array,
  labels: Int32Array,
  classes: number,
  classNames?: readonly string[],
): Accuracy {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let sample = 0; sample < labels.length; sample++) confusion[labels[sample]!]![predictions[sample]!]!++;
  const actual = confusion.map((row) => row.reduce((a, b) => a + b, 0));
  const predicted = confusion.map((_, column) => confusion.reduce((total, row) => total + row[column]!, 0));
  const correct = confusion.reduce((total, row, index) => total + row[index]!, 0);
  return {
    value: labels.length === 0 ? 0 : correct / labels.length,
    ...wilson(correct, labels.length),
    correct,
    samples: labels.length,
    classes: confusion.map((row, index) => ({
      name: classNames?.[index] ?? String(index),
      samples: actual[index]!,
      precision: predicted[index] === 0 ? 0 : row[index]! / predicted[index]!,
      recall: actual[index] === 0 ? 0 : row[index]! / actual[index]!,
    })),
    confusion,
  };
}
