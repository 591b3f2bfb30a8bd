/**
 * One dimension of a shape: a number, or an expression over symbols in canonical text, such as `batch`, `2*N + 1` or
 * `floor(N/2)`. Equal expressions have equal text, so dimensions compare with `===`. `?` is a dimension that nothing is
 * known of; it never equals another one, itself included: use `sameDim`.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

export const unknownDim = '?';

/** True when both are known to be the same size at run time. */
export const sameDim = (a: Dim, b: Dim): boolean => a === b && a !== unknownDim;

/** A polynomial: each monomial is the sorted list of its atoms joined with `*`; the constant's key is the empty string. */
type Polynomial = ReadonlyMap<string, number>;

/** An atom is a symbol or a function application; a symbol that is no identifier is quoted, so that printing can be parsed. */
const isAtom = (text: string): boolean =>
  /^[A-Za-z_']/.test(text) &&
  splitTop(text, '+').length === 1 &&
  splitTop(text, '-').length === 1 &&
  splitTop(text, '*').length === 1;

/** The dimension for a symbolic name as written in a model file (`dim_param`), which may be any text. */
export function symbol(name: string): Dim {
  const text = name.trim();
  if (text === '' || text === unknownDim) return unknownDim;
  if (/^\d+$/.test(text)) return Number(text);
  if (/^[A-Za-z_][\w.]*$/.test(text)) return text;
  return canonical(text) ?? `'${text.replaceAll("'", '')}'`;
}

export const addDims = (a: Dim, b: Dim): Dim => combine(a, b, (x, y) => x + y, plus);
export const subDims = (a: Dim, b: Dim): Dim => addDims(a, mulDims(b, -1));
export const mulDims = (a: Dim, b: Dim): Dim =>
  a === 0 || b === 0 ? 0 : combine(a, b, (x, y) => x * y, times);
export const floorDivDim = (a: Dim, b: Dim): Dim => divide('floor', a, b);
export const ceilDivDim = (a: Dim, b: Dim): Dim => divide('ceil', a, b);
export const maxDims = (a: Dim, b: Dim): Dim => extreme('max', a, b);
export const minDims = (a: Dim, b: Dim): Dim => extreme('min', a, b);

/** The product of dimensions: the number of elements of a shape. */
export const elementCount = (shape: Shape): Dim => shape.reduce<Dim>(mulDims, 1);

/** The exact quotient `a / b`, or undefined when it is not known to be whole: for `-1` in Reshape. */
export function exactDiv(a: Dim, b: Dim): Dim | undefined {
  if (a === unknownDim || b === unknownDim) return undefined;
  if (a === b) return 1;
  const divisor = [...polynomial(b)];
  if (divisor.length !== 1) return undefined;
  const [atoms, factor] = divisor[0]!;
  const quotient = new Map<string, number>();
  for (const [monomial, coefficient] of polynomial(a)) {
    const rest = without(splitProduct(monomial), splitProduct(atoms));
    if (!rest || coefficient % factor !== 0) return undefined;
    quotient.set(rest.join('*'), coefficient / factor);
  }
  return print(quotient);
}

/**
 * The least value that a dimension may have, or undefined when nothing bounds it. Symbols are sizes of at least one: an
 * empty axis is always a number.
 */
export function lowerBound(dim: Dim): number | undefined {
  if (typeof dim === 'number') return dim;
  if (dim === unknownDim) return undefined;
  let bound = 0;
  for (const [monomial, coefficient] of polynomial(dim)) {
    const atoms = splitProduct(monomial);
    const symbols = atoms.every((atom) => !/^(floor|ceil|max|min)\(/.test(atom));
    const least = atoms.length === 0 || symbols ? 1 : atoms.length === 1 ? boundOfCall(atoms[0]!) : undefined;
    if (monomial !== '' && (coefficient < 0 || least === undefined)) return undefined;
    bound += coefficient * (least ?? 1);
  }
  return bound;
}

function boundOfCall(atom: string): number | undefined {
  const [, name, inside] = /^(floor|ceil|max|min)\((.*)\)$/.exec(atom) as unknown as [string, string, string];
  const divides = name === 'floor' || name === 'ceil';
  const [a, b] = splitTop(inside, divides ? '/' : ',').map((part) => lowerBound(canonical(part) ?? 0));
  switch (name) {
    case 'floor':
    case 'ceil':
      // The divisor is positive wherever a size is divided, but it may be large.
      return a !== undefined && a >= 0 ? (name === 'ceil' && a > 0 ? 1 : 0) : undefined;
    case 'max':
      return a === undefined ? b : b === undefined ? a : Math.max(a, b);
    default:
      return a === undefined || b === undefined ? undefined : Math.min(a, b);
  }
}

/** Replaces symbols by sizes; what stays unknown stays symbolic. */
export function substitute(dim: Dim, sizes: ReadonlyMap<string, Dim>): Dim {
  if (typeof dim === 'number' || dim === unknownDim) return dim;
  let total: Dim = 0;
  for (const [monomial, coefficient] of polynomial(dim)) {
    const value = splitProduct(monomial).reduce<Dim>(
      (product, atom) => mulDims(product, evaluate(atom, sizes)),
      coefficient,
    );
    total = addDims(total, value);
  }
  return total;
}

function evaluate(atom: string, sizes: ReadonlyMap<string, Dim>): Dim {
  const call = /^(floor|ceil|max|min)\((.*)\)$/.exec(atom);
  if (!call) return sizes.get(atom) ?? atom;
  const [, name, inside] = call as unknown as [string, string, string];
  const separator = name === 'floor' || name === 'ceil' ? '/' : ',';
  const parts = splitTop(inside, separator).map((part) => substitute(canonical(part) ?? unknownDim, sizes));
  const [a, b] = [parts[0] ?? unknownDim, parts[1] ?? 1];
  switch (name) {
    case 'floor':
      return floorDivDim(a, b);
    case 'ceil':
      return ceilDivDim(a, b);
    case 'max':
      return maxDims(a, b);
    default:
      return minDims(a, b);
  }
}

/** Longer expressions say nothing to anybody and would cost time: they count as unknown. */
const longest = 2000;
const short = (dim: Dim): Dim => (typeof dim === 'string' && dim.length > longest ? unknownDim : dim);

function combine(
  a: Dim,
  b: Dim,
  numbers: (x: number, y: number) => number,
  polynomials: (x: Polynomial, y: Polynomial) => Polynomial,
): Dim {
  if (typeof a === 'number' && typeof b === 'number') return numbers(a, b);
  if (a === unknownDim || b === unknownDim) return unknownDim;
  return short(print(polynomials(polynomial(a), polynomial(b))));
}

function divide(round: 'floor' | 'ceil', a: Dim, b: Dim): Dim {
  if (b === 0) return unknownDim;
  if (typeof a === 'number' && typeof b === 'number') return Math[round](a / b);
  if (a === unknownDim || b === unknownDim) return unknownDim;
  return exactDiv(a, b) ?? short(`${round}(${group(a)}/${group(b)})`);
}

function extreme(name: 'max' | 'min', a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math[name](a, b);
  if (a === unknownDim || b === unknownDim) return unknownDim;
  if (a === b) return a;
  const difference = subDims(a, b);
  if (typeof difference === 'number') return difference > 0 === (name === 'max') ? a : b;
  if ((lowerBound(difference) ?? -1) >= 0) return name === 'max' ? a : b;
  if ((lowerBound(subDims(b, a)) ?? -1) >= 0) return name === 'max' ? b : a;
  return short(`${name}(${[String(a), String(b)].sort().join(', ')})`);
}

const group = (dim: Dim): string => (typeof dim === 'number' || isAtom(dim) ? String(dim) : `(${dim})`);

const parsed = new Map<string, Polynomial>();

function polynomial(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]]);
  let result = parsed.get(dim);
  if (!result) {
    result = parse(dim) ?? new Map([[`'${dim.replaceAll("'", '')}'`, 1]]);
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(dim, result);
  }
  return result;
}

/** Canonical text of an expression with + - * / and parentheses; `/` rounds down. Undefined when it is none. */
function canonical(text: string): Dim | undefined {
  const result = parse(text);
  return result && print(result);
}

const tokenPattern = /\s*(?:(\d+)|([A-Za-z_][\w.]*)|('[^']*')|(\/\/|[-+*/(),]))/y;

function parse(text: string): Polynomial | undefined {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const match = tokenPattern.exec(text);
    if (!match) return undefined;
    tokens.push(match[0].trim());
  }
  if (tokens.length > 1000) return undefined;
  let at = 0;
  let failed = false;
  const peek = () => tokens[at];
  const take = (token: string) => {
    const found = tokens[at] === token;
    if (found) at++;
    return found;
  };
  const fail = (): Dim => {
    failed = true;
    return 0;
  };
  const sum = (): Dim => {
    let value = product();
    while (peek() === '+' || peek() === '-')
      value = tokens[at++] === '+' ? addDims(value, product()) : subDims(value, product());
    return value;
  };
  const product = (): Dim => {
    let value = factor();
    while (peek() === '*' || peek() === '/' || peek() === '//') {
      value = tokens[at++] === '*' ? mulDims(value, factor()) : floorDivDim(value, factor());
    }
    return value;
  };
  const factor = (): Dim => {
    if (take('-')) return mulDims(-1, factor());
    const token = tokens[at++];
    if (token === undefined) return fail();
    if (/^\d/.test(token)) return Number(token);
    if (token === '(') {
      const value = sum();
      return take(')') ? value : fail();
    }
    if (!/^[A-Za-z_']/.test(token)) return fail();
    return take('(') ? call(token) : atom(token);
  };
  const call = (name: string): Dim => {
    if (name === 'ceil') {
      // The quotient must not be floored before it is rounded up.
      const value = product2();
      return take(')') ? ceilDivDim(value[0], value[1]) : fail();
    }
    const values = [sum()];
    while (take(',')) values.push(sum());
    if (!take(')')) return fail();
    if (name === 'floor') return values[0]!;
    if ((name === 'max' || name === 'min') && values.length >= 2)
      return values.reduce((a, b) => extreme(name, a, b));
    return fail();
  };
  const product2 = (): [Dim, Dim] => {
    const a = factor();
    return take('/') ? [a, factor()] : [a, 1];
  };
  const atom = (name: string): Dim => name;
  const value = sum();
  if (failed || at !== tokens.length || value === unknownDim) return undefined;
  if (typeof value === 'number') return polynomial(value);
  return isAtom(value) ? new Map([[value, 1]]) : (parsed.get(value) ?? terms(value));
}

/** Reads canonical text, which is a flat sum of products, without evaluating its atoms again. */
function terms(text: string): Polynomial {
  const result = new Map<string, number>();
  for (const sum of splitTop(text, '+')) {
    // What follows a minus is taken away; in front of a leading one there is nothing.
    for (const [i, term] of splitTop(sum, '-').entries()) {
      if (term === '') continue;
      const factors = splitProduct(term);
      const isNumber = (part: string) => /^\d+$/.test(part);
      const size = factors.filter(isNumber).reduce((product, part) => product * Number(part), 1);
      const atoms = factors.filter((part) => !isNumber(part)).sort();
      accumulate(result, atoms.join('*'), i === 0 ? size : -size);
    }
  }
  return result;
}

function print(value: Polynomial): Dim {
  const parts = [...value].filter(([, coefficient]) => coefficient !== 0);
  if (parts.length === 0) return 0;
  if (parts.length === 1 && parts[0]![0] === '') return parts[0]![1];
  parts.sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  let text = '';
  for (const [monomial, coefficient] of parts) {
    const size = Math.abs(coefficient);
    const term = monomial === '' ? String(size) : size === 1 ? monomial : `${size}*${monomial}`;
    if (text === '') text = coefficient < 0 ? `-1*${term}` : term;
    else text += coefficient < 0 ? ` - ${term}` : ` + ${term}`;
  }
  return text;
}

function plus(a: Polynomial, b: Polynomial): Polynomial {
  const result = new Map(a);
  for (const [monomial, coefficient] of b) accumulate(result, monomial, coefficient);
  return result;
}

function times(a: Polynomial, b: Polynomial): Polynomial {
  const result = new Map<string, number>();
  for (const [left, x] of a) {
    for (const [right, y] of b) {
      const atoms = [...splitProduct(left), ...splitProduct(right)].sort();
      accumulate(result, atoms.join('*'), x * y);
    }
  }
  return result;
}

function accumulate(into: Map<string, number>, monomial: string, coefficient: number): void {
  const sum = (into.get(monomial) ?? 0) + coefficient;
  if (sum === 0) into.delete(monomial);
  else into.set(monomial, sum);
}

const splitProduct = (text: string): string[] => splitTop(text, '*').filter((part) => part !== '');

/** Splits at a separator that stands outside parentheses and quotes. */
function splitTop(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === separator && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

function without(items: string[], removed: string[]): string[] | undefined {
  const rest = [...items];
  for (const item of removed) {
    const index = rest.indexOf(item);
    if (index < 0) return undefined;
    rest.splice(index, 1);
  }
  return rest;
}
