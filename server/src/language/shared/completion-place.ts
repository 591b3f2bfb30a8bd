import { isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import type { TextRange } from '../../base/errors.ts';
import { keyText, type Path, parseRecipe } from '../../recipe/syntax.ts';

/** Where in a recipe something is being typed. */
export interface CompletionPlace {
  /** Path of the mapping whose key, or of the value, that is being typed. */
  readonly path: Path;
  readonly kind: 'key' | 'value';
  /** Keys that the mapping has already. */
  readonly siblings: readonly string[];
  /** The word that completion replaces, quotes included. */
  readonly word: TextRange;
  /** Inside of `{}` or `[]`, where nothing may go to a new line. */
  readonly flow: boolean;
  /** A colon follows the word already. */
  readonly hasColon: boolean;
}

const placeholder = 'pareCompletionPlaceholder';

/**
 * Finds the place by putting a word there and parsing the text: what is typed is rarely valid YAML, the text with a word in
 * its place mostly is. Undefined in comments and where no structure can be told.
 */
export function completionPlace(text: string, offset: number): CompletionPlace | undefined {
  const word = wordAt(text, offset);
  if (inComment(text, word.start)) return undefined;
  const hasColon = /^[ \t]*:(\s|$)/.test(text.slice(word.end));
  const [before, after] = [text.slice(0, word.start), text.slice(word.end)];
  // As it stands, and as the key that it may become.
  for (const typed of hasColon ? [placeholder] : [placeholder, `${placeholder}: 1`]) {
    const found = find(`${before}${typed}${after}`);
    if (found) return { ...found, word, hasColon };
  }
  return undefined;
}

function find(text: string): Pick<CompletionPlace, 'path' | 'kind' | 'siblings' | 'flow'> | undefined {
  let found: ReturnType<typeof find>;
  visit(parseRecipe(text).document, {
    Scalar: (key, scalar, ancestors) => {
      if (scalar.value !== placeholder) return undefined;
      const path: (string | number)[] = [];
      for (const [depth, ancestor] of ancestors.entries()) {
        const inner = ancestors[depth + 1] ?? scalar;
        if (isPair(ancestor) && inner === ancestor.value) path.push(keyText(ancestor));
        if (isSeq(ancestor)) path.push(ancestor.items.indexOf(inner));
      }
      const map = ancestors.at(-2);
      const isKey = key === 'key' && isMap(map);
      found = {
        path,
        kind: isKey ? 'key' : 'value',
        siblings: isKey
          ? map.items.filter((item) => isScalar(item.key) && item.key !== scalar).map(keyText)
          : [],
        flow: ancestors.some((ancestor) => (isMap(ancestor) || isSeq(ancestor)) && ancestor.flow === true),
      };
      return visit.BREAK;
    },
  });
  return found;
}

/** The word around an offset: up to blanks, brackets, commas and colons, or up to its quotes. */
function wordAt(text: string, offset: number): TextRange {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const quoted = /(?:^|[\s,{[:])(["'])([^"']*)$/.exec(before);
  if (quoted) {
    const rest = text.slice(offset);
    const close = rest.search(/["'\n]/);
    const end = close >= 0 && rest[close] === quoted[1] ? close + 1 : 0;
    return { start: offset - quoted[2]!.length - 1, end: offset + end };
  }
  const start = offset - /[^\s,{}[\]:"'#]*$/.exec(before)![0].length;
  return { start, end: offset + /^[^\s,{}[\]:"'#]*/.exec(text.slice(offset))![0].length };
}

function inComment(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /(^|\s)#/.test(line.replace(/"[^"]*"|'[^']*'/g, ''));
}
