import { isCollection, isMap, isPair, type Pair } from 'yaml';
import type { TextRange } from '../base/errors.ts';
import { keyText, nodeRange, type Path, type RecipeText, rangeOf } from './syntax.ts';

/** What to delete so that an entry of a mapping is gone and the rest stays valid; undefined where there is no such entry. */
export function removalOf(recipe: RecipeText, path: Path): TextRange | undefined {
  const parent = nodeAt(recipe, path.slice(0, -1));
  if (!isMap(parent)) return undefined;
  const index = parent.items.findIndex((item) => isPair(item) && keyText(item) === String(path.at(-1)));
  const entry = parent.items[index];
  const range = entry && pairRange(entry);
  if (!range) return undefined;
  if (parent.flow) {
    const next = parent.items[index + 1];
    const previous = parent.items[index - 1];
    if (next) return { start: range.start, end: nodeRange(next.key)?.start ?? range.end };
    if (previous) return { start: pairRange(previous)?.end ?? range.start, end: range.end };
    return range;
  }
  return parent.items.length > 1 ? wholeLines(recipe.text, range) : range;
}

/** The node at a path, or undefined. */
export function nodeAt(recipe: RecipeText, path: Path): unknown {
  return path.reduce<unknown>((node, step) => {
    if (isMap(node)) return node.items.find((item) => keyText(item) === String(step))?.value;
    return isCollection(node) ? node.items[Number(step)] : undefined;
  }, recipe.document.contents);
}

function pairRange(pair: Pair): TextRange | undefined {
  const key = nodeRange(pair.key);
  return key && { start: key.start, end: Math.max(key.end, nodeRange(pair.value)?.end ?? 0) };
}

/** The lines of a range where nothing else stands before it; else from the range's start to the next line's indentation. */
function wholeLines(text: string, range: TextRange): TextRange {
  const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
  const newline = text.indexOf('\n', Math.max(range.end - 1, range.start));
  const end = newline < 0 ? text.length : newline + 1;
  if (text.slice(lineStart, range.start).trim() === '') return { start: lineStart, end };
  // `- key: value` with more keys below: the next key moves up behind the dash.
  const indent = /^[ \t]*/.exec(text.slice(end))![0].length;
  return { start: range.start, end: end + indent };
}

/** Text to be written at a place. */
export interface Edit {
  readonly range: TextRange;
  readonly text: string;
}

/** Puts an entry at the end of the top-level mapping `key`, which is made at the end of the recipe where there is none. */
export function insertionInto(recipe: RecipeText, key: string, entry: string): Edit {
  const { text } = recipe;
  const mapping = nodeAt(recipe, [key]);
  const at = (offset: number, inserted: string): Edit => ({
    range: { start: offset, end: offset },
    text: inserted,
  });
  if (!isMap(mapping) || mapping.items.length === 0) {
    const start = rangeOf(recipe, [key], 'key');
    const named = isMap(recipe.document.contents) && recipe.document.contents.has(key);
    // `layers:` or `layers: {}` stands there: it is replaced by one with the entry.
    if (named) {
      const end = Math.max(start.end, nodeRange(mapping)?.end ?? 0);
      const colon = text.slice(start.end, end).includes(':') ? end : text.indexOf(':', start.end) + 1;
      return { range: { start: start.start, end: Math.max(end, colon) }, text: `${key}:\n  ${entry}` };
    }
    const lineBreak = text === '' || text.endsWith('\n') ? '' : '\n';
    return at(text.length, `${lineBreak}${key}:\n  ${entry}\n`);
  }
  const last = pairRange(mapping.items.at(-1)!)!;
  if (mapping.flow) return at(last.end, `, ${entry}`);
  // The line's own indentation: a tag or the mark of an explicit key may stand before the key.
  const first = nodeRange(mapping.items[0]!.key)!.start;
  const [indent] = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', first - 1) + 1))!;
  const end = text.slice(0, last.end).trimEnd().length;
  const newline = text.indexOf('\n', end);
  return at(newline < 0 ? text.length : newline, `\n${indent}${entry}`);
}

/** Puts a step before another one, on a line of its own; undefined where steps do not stand on lines of their own. */
export function stepBefore(recipe: RecipeText, index: number, step: string): Edit | undefined {
  const item = rangeOf(recipe, ['steps', index]);
  const lineStart = recipe.text.lastIndexOf('\n', item.start - 1) + 1;
  const dash = /^(\s*)-\s+$/.exec(recipe.text.slice(lineStart, item.start));
  return dash ? { range: { start: lineStart, end: lineStart }, text: `${dash[1]}- ${step}\n` } : undefined;
}
