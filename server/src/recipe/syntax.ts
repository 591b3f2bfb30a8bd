import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
} from 'yaml';
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
    lineCounter: new LineCounter(),
    prettyErrors: false,
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
const atLeastOne = (text: string, start: number, end: number): TextRange => ({
  start: Math.min(start, Math.max(0, text.length - 1)),
  end: Math.max(end, Math.min(start + 1, text.length)),
});

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

/** The path and the YAML nodes from the root down to an offset, for hover and completion. */
export function pathAt(
  recipe: RecipeText,
  offset: number,
): { readonly path: Path; readonly onKey: boolean; readonly range: TextRange | undefined } {
  const path: (string | number)[] = [];
  let node: unknown = recipe.document.contents;
  for (;;) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => contains(nodeRange(item.key), offset) || contains(fullRange(item.value), offset),
      );
      if (!pair) return { path, onKey: false, range: nodeRange(node) };
      path.push(keyText(pair));
      if (contains(nodeRange(pair.key), offset)) return { path, onKey: true, range: nodeRange(pair.key) };
      node = pair.value;
    } else if (isCollection(node)) {
      const index = node.items.findIndex((item) => contains(fullRange(item), offset));
      if (index < 0) return { path, onKey: false, range: nodeRange(node) };
      path.push(index);
      node = node.items[index];
    } else return { path, onKey: false, range: nodeRange(node) };
  }
}

const fullRange = (node: unknown): TextRange | undefined => {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? { start: range[0], end: range[2] } : undefined;
};
const contains = (range: TextRange | undefined, offset: number): boolean =>
  range !== undefined && offset >= range.start && offset <= range.end;
