import { describe, expect, it } from 'vitest';
import { type Edit, insertionInto, removalOf, stepBefore } from './edits.ts';
import { type Path, parseRecipe } from './syntax.ts';

const applied = (text: string, edit: Edit | undefined): string | undefined =>
  edit && text.slice(0, edit.range.start) + edit.text + text.slice(edit.range.end);

describe('removing an entry', () => {
  const removed = (text: string, ...path: Path) => {
    const range = removalOf(parseRecipe(text), path);
    return applied(text, range && { range, text: '' });
  };
  it.each([
    ['a: 1\nb: 2\nc: 3\n', ['b'], 'a: 1\nc: 3\n'],
    ['a: 1\nb:\n  x: 1\n  y: 2\nc: 3\n', ['b'], 'a: 1\nc: 3\n'],
    ['a: 1\nb: 2 # why\n', ['b'], 'a: 1\n'],
    ['a: {x: 1, y: 2, z: 3}\n', ['a', 'x'], 'a: {y: 2, z: 3}\n'],
    ['a: {x: 1, y: 2, z: 3}\n', ['a', 'z'], 'a: {x: 1, y: 2}\n'],
    ['a: {x: 1}\n', ['a', 'x'], 'a: {}\n'],
    ['- x: 1\n  y: 2\n', [0, 'x'], '- y: 2\n'],
    ['- x: 1\n  y: 2\n', [0, 'y'], '- x: 1\n'],
  ] as const)('%j without %j', (text, path, expected) => {
    expect(removed(text, ...path)).toBe(expected);
  });
  it('is nothing where there is no entry', () => {
    expect(removed('a: 1\n', 'b')).toBeUndefined();
    expect(removed('- a\n', 0)).toBeUndefined();
  });
});

describe('inserting an entry', () => {
  it.each([
    ['a: 1\n', 'a: 1\nlayers:\n  n: 1\n'],
    ['a: 1', 'a: 1\nlayers:\n  n: 1\n'],
    ['layers:\n    x: 1 # why\nb: 2\n', 'layers:\n    x: 1 # why\n    n: 1\nb: 2\n'],
    ['layers:\n  x:\n    y: 1\n\nb: 2\n', 'layers:\n  x:\n    y: 1\n  n: 1\n\nb: 2\n'],
    ['layers: {x: 1}\n', 'layers: {x: 1, n: 1}\n'],
    ['layers: {}\nb: 2\n', 'layers:\n  n: 1\nb: 2\n'],
    ['layers:\nb: 2\n', 'layers:\n  n: 1\nb: 2\n'],
  ])('into %j', (text, expected) => {
    expect(applied(text, insertionInto(parseRecipe(text), 'layers', 'n: 1'))).toBe(expected);
  });
});

describe('putting a step before another', () => {
  it('keeps its line and indentation', () => {
    const text = 'steps:\n  - a\n  - b: {}\n';
    expect(applied(text, stepBefore(parseRecipe(text), 1, 'n: {}'))).toBe(
      'steps:\n  - a\n  - n: {}\n  - b: {}\n',
    );
  });
  it('leaves lists on one line alone', () => {
    expect(stepBefore(parseRecipe('steps: [a, b]'), 1, 'n: {}')).toBeUndefined();
  });
});
