import type { Accuracy } from '@pare/server/protocol/run';
import { type Child, h } from '../dom.ts';
import { table } from '../table.ts';

/** Classes that a square on a screen can hold; beyond, only the pairs that are mixed up most are listed. */
const mostClasses = 30;
const mostPairs = 30;

/** Which classes are taken for which, before and after. */
export function confusion(before: Accuracy | null, after: Accuracy | null): HTMLElement | null {
  const given = after ?? before;
  if (!given || given.confusion.length < 2) return null;
  const names = given.classes.map(({ name }) => name);
  return h(
    'section',
    { id: 'confusion' },
    h('h2', {}, 'Confusion'),
    names.length <= mostClasses &&
      h(
        'div',
        { class: 'matrices' },
        before && matrix('Before: rows are the true classes, columns the predicted', before, names),
        after && matrix('After: rows are the true classes, columns the predicted', after, names),
      ),
    pairs(before, after, names),
  );
}

function matrix(caption: string, { confusion }: Accuracy, names: readonly string[]): HTMLElement {
  const cells = confusion.map((row, actual): Child[] => {
    const total = Math.max(
      1,
      row.reduce((sum, count) => sum + count, 0),
    );
    return [
      names[actual] ?? String(actual),
      ...row.map((count, predicted) => {
        const cell = h(
          'span',
          { class: `heat ${actual === predicted ? 'right' : 'wrong'}${count === 0 ? ' none' : ''}` },
          String(count),
        );
        // The square root lets a single mistake among thousands still be seen.
        cell.style.setProperty('--share', `${Math.round(Math.sqrt(count / total) * 60)}%`);
        return cell;
      }),
    ];
  });
  const result = table(
    caption,
    [{ name: 'True class' }, ...names.map((name) => ({ name, numeric: true }))],
    cells,
  );
  result.classList.add('matrix');
  return result;
}

function pairs(
  before: Accuracy | null,
  after: Accuracy | null,
  names: readonly string[],
): HTMLElement | null {
  const count = (accuracy: Accuracy | null, actual: number, predicted: number) =>
    accuracy?.confusion[actual]?.[predicted] ?? 0;
  const found = names
    .flatMap((_, actual) =>
      names.map((_, predicted) => ({
        actual,
        predicted,
        was: count(before, actual, predicted),
        is: count(after, actual, predicted),
      })),
    )
    .filter(({ actual, predicted, was, is }) => actual !== predicted && was + is > 0)
    .sort((a, b) => Math.max(b.was, b.is) - Math.max(a.was, a.is))
    .slice(0, mostPairs);
  if (found.length === 0) return null;
  return h(
    'details',
    {},
    h('summary', {}, 'Pairs that are mixed up most'),
    table(
      'Pairs that are mixed up most',
      [
        { name: 'True class' },
        { name: 'Taken for' },
        { name: 'Before', numeric: true },
        { name: 'After', numeric: true },
      ],
      found.map(({ actual, predicted, was, is }) => [
        names[actual]!,
        names[predicted]!,
        before ? String(was) : '–',
        after ? String(is) : '–',
      ]),
    ),
  );
}
