import { type Document, isCollection, isMap, isPair, isScalar, type Pair, parseDocument } from 'yaml';
import type { TextRange } from '../base/errors.ts';

export type Path = readonly (string | number)[];

/** The text of a recipe with the place of everything in it. Broken YAML still gives as much of a value as can be read. */
export interface RecipeText {
  readonly text: string;
  readonly document: Document.Parsed;
  /** Plain value; undefined for an empty document. */
  readonly value: unknown;
  readonly errors: readonly { readonly message: string; readonly range: TextRange }[];
}

/** Parses YAML 1.2. Never throws: errors are part of the result. Anchors are limited, so that no alias bomb grows. */
export function parseRecipe(text: string): RecipeText {
  const document = parseDocument(text, {
    prettyErrors: false,
    // Warnings would go to standard error, where no one of an editor's users looks.
    logLevel: 'error',
    strict: true,
    uniqueKeys: true,
  });
  const errors = document.errors.map((error) => ({
    message: firstLine(error.message),
    range: atLeastOne(text, error.pos[0], error.pos[1]),
  }));
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? undefined;
  } catch (error) {
    errors.push({ message: firstLine(String(error)), range: { start: 0, end: Math.min(1, text.length) } });
  }
  return { text, document, value, errors };
}

const firstLine = (message: string): string => message.split('\n', 1)[0]!;
/** A range that can be seen: an error at the end of a line or of the text is shown at the character before. */
function atLeastOne(text: string, start: number, end: number): TextRange {
  if (text.slice(start, end).trim() !== '') return { start, end };
  const before = text.slice(0, start).trimEnd().length;
  return before > 0 ? { start: before - 1, end: before } : { start: 0, end: Math.min(1, text.length) };
}

/**
 * The place of a value, or of the key that leads to it. For a path that is not in the text: the nearest part that is, so that a
 * missing key is shown at its parent's key.
 */
export function rangeOf(recipe: RecipeText, path: Path, part: 'key' | 'value' = 'value'): TextRange {
  let node: unknown = recipe.document.contents;
  let found: TextRange | undefined;
  let key: TextRange | undefined;
  for (const [depth, step] of path.entries()) {
    const child = childOf(node, step);
    if (!child) return key ?? found ?? headOf(recipe);
    key = nodeRange(child.key) ?? key;
    found = nodeRange(child.value) ?? nodeRange(child.key) ?? found;
    node = child.value;
    if (depth === path.length - 1)
      return (part === 'key' ? nodeRange(child.key) : nodeRange(child.value)) ?? key ?? headOf(recipe);
  }
  return found ?? headOf(recipe);
}

function headOf({ text }: RecipeText): TextRange {
  const start = Math.max(0, text.search(/\S/));
  const end = text.indexOf('\n', start);
  return { start, end: end < 0 ? text.length : Math.max(end, start) };
}

function childOf(
  node: unknown,
  step: string | number,
): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && keyText(item) === String(step));
    return pair && { key: pair.key, value: pair.value };
  }
  if (isCollection(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { key: undefined, value: item };
  }
  return undefined;
}

export const keyText = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');

/** The extent of a YAML node without the white space and comments after it. */
export function nodeRange(node: unknown): TextRange | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? { start: range[0], end: Math.max(range[1], range[0]) } : undefined;
}

/** What stands at an offset: the path of the innermost key or item whose text or white space holds it. */
export interface PathAt {
  readonly path: Path;
  readonly onKey: boolean;
  /** The key, or the value without the white space after it. */
  readonly range: TextRange | undefined;
}

/** The path from the root down to an offset, for hover and completion. */
export function pathAt(recipe: RecipeText, offset: number): PathAt {
  const path: (string | number)[] = [];
  let node: unknown = recipe.document.contents;
  for (;;) {
    if (isMap(node)) {
      const onKey = node.items.find((item) => contains(nodeRange(item.key), offset));
      if (onKey) return { path: [...path, keyText(onKey)], onKey: true, range: nodeRange(onKey.key) };
      const pair: Pair | undefined = innermost(node.items, (item) => item.value, offset);
      if (!pair) return { path, onKey: false, range: nodeRange(node) };
      path.push(keyText(pair));
      node = pair.value;
    } else if (isCollection(node)) {
      const item = innermost<unknown>(node.items, (candidate) => candidate, offset);
      if (item === undefined) return { path, onKey: false, range: nodeRange(node) };
      path.push((node.items as unknown[]).indexOf(item));
      node = item;
    } else return { path, onKey: false, range: nodeRange(node) };
  }
}

/** The item whose text holds the offset; else the one whose white space does, so that the start of one is not the end of another. */
function innermost<T>(items: readonly T[], nodeOf: (item: T) => unknown, offset: number): T | undefined {
  return (
    items.find((item) => contains(nodeRange(nodeOf(item)), offset)) ??
    items.find((item) => contains(fullRange(nodeOf(item)), offset))
  );
}

const fullRange = (node: unknown): TextRange | undefined => {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? { start: range[0], end: range[2] } : undefined;
};
const contains = (range: TextRange | undefined, offset: number): boolean =>
  range !== undefined && offset >= range.start && offset <= range.end;
