import { PareError } from '../base/errors.ts';
import type { LayerKind, Words } from './define.ts';

/** Reads the words of one layer. `done` throws when some are left over. */
export function wordsOf(
  kind: LayerKind,
  given: readonly string[],
  text: string,
): Words & { readonly done: () => void } {
  const left = [...given];
  const fail = (message: string): never => {
    throw new PareError('architecture', `'${text}': ${message}.`, {
      hint: `It is written: ${kind.usage}`,
      place: { name: text },
    });
  };
  const takeIf = (pattern: RegExp) => {
    const match = left[0] === undefined ? null : pattern.exec(left[0]);
    if (match) left.shift();
    return match;
  };
  const bounded = (value: number, what: string) =>
    value > 0 && value <= 65_536 ? value : fail(`${what} lies between 1 and 65536`);
  return {
    fail,
    count: (what, fallback) => {
      const match = takeIf(/^(\d+)%?$/);
      return match ? bounded(Number(match[1]), what) : (fallback ?? fail(`${what} is missing`));
    },
    size: (what, fallback) => {
      const match = takeIf(/^(\d+)(?:x(\d+))?$/);
      if (!match) return fallback ?? fail(`${what} is missing`);
      return [bounded(Number(match[1]), what), bounded(Number(match[2] ?? match[1]), what)];
    },
    flag: (word) => {
      const at = left.indexOf(word);
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    },
    option: (word, fallback) => {
      const at = left.indexOf(word);
      if (at < 0) return fallback;
      const [, value] = left.splice(at, 2);
      return /^\d+$/.test(value ?? '') ? Number(value) : fail(`'${word}' wants a number after it`);
    },
    one: (words) => {
      const at = left.findIndex((word) => words.includes(word));
      return at < 0 ? undefined : left.splice(at, 1)[0];
    },
    done: () => {
      if (left.length > 0) fail(`'${left[0]}' is not understood here`);
    },
  };
}
