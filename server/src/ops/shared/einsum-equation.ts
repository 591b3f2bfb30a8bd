/** One letter an axis; the axes of an ellipsis have upper-case letters that the equation does not use. */
export type Term = readonly string[];

export interface Equation {
  readonly inputs: readonly Term[];
  readonly output: Term;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Reads an einsum equation for inputs of these ranks; undefined where an ellipsis meets an unknown rank. Without `->` the output
 * has the ellipsis and then, in alphabetical order, the labels that appear once (numpy.einsum). Calls `fail` on bad syntax.
 */
export function parseEquation(
  equation: string,
  ranks: readonly (number | undefined)[],
  fail: (message: string) => never,
): Equation | undefined {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const sources = left.split(',');
  if (sources.length !== ranks.length)
    return fail(`the equation has ${sources.length} inputs but the node ${ranks.length}`);
  if (!/^([A-Za-z]|\.\.\.|,)*$/.test(left) || !/^([A-Za-z]|\.\.\.)*$/.test(right ?? ''))
    return fail(`'${equation}' is no equation`);
  const free = [...letters].filter((letter) => !equation.includes(letter));
  const plain = (term: string) => [...term.replace('...', '')];
  const widths = sources.map((term, i) =>
    term.includes('...') ? (ranks[i] === undefined ? undefined : ranks[i] - plain(term).length) : 0,
  );
  if (widths.some((width) => width === undefined)) return undefined;
  if (widths.some((width) => width! < 0))
    return fail(`'${equation}' has more labels than the inputs have axes`);
  const widest = Math.max(0, ...(widths as number[]));
  if (widest > free.length) return fail('there are more axes than letters');
  const expand = (term: string, width: number): Term => {
    const at = term.indexOf('...');
    if (at < 0) return [...term];
    return [...term.slice(0, at), ...free.slice(widest - width, widest), ...term.slice(at + 3)];
  };
  const inputs = sources.map((term, i) => expand(term, widths[i]!));
  if (right !== undefined) return { inputs, output: expand(right, widest) };
  const all = sources.flatMap(plain);
  const single = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  return { inputs, output: [...free.slice(0, widest), ...single] };
}
