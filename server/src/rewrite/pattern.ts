/**
 * What a rule looks for, written as the graph would be called: `BatchNormalization(conv:Conv(x, #w, #b?), #scale, #shift, #mean, #variance)`.
 *
 * | text | matches |
 * |---|---|
 * | `x` | any value; the same name twice means the same value |
 * | `#w` | a constant |
 * | `0.5` | a constant whose elements all equal the number, up to float32 rounding |
 * | `Add(a, b)` | a node with exactly these inputs; the two inputs of a commutative operator in either order |
 * | `Conv\|ConvTranspose(...)` | one of several operators |
 * | `name:Conv(...)` | as above, and the node gets a name, which stands for its first output elsewhere in the pattern |
 * | `b?` at the end | an input that may be left out |
 * | `...` at the end | any further inputs |
 */
export type Pattern =
  | { readonly kind: 'value'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'constant'; readonly name: string; readonly optional: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | NodePattern;

export interface NodePattern {
  readonly kind: 'node';
  readonly name: string | undefined;
  /** `Conv`, `com.microsoft.Gelu`. */
  readonly ops: readonly string[];
  readonly inputs: readonly Pattern[];
  /** True when further inputs may follow. */
  readonly open: boolean;
}

const token =
  /\s*(?:(\.\.\.)|([A-Za-z_][\w.]*(?:\|[A-Za-z_][\w.]*)*)|(#[A-Za-z_]\w*)|([-+]?[\d.]+(?:e[-+]?\d+)?)|([(),:?]))/y;

/** Parses a pattern. A mistake in one is a mistake in the program, so it throws a plain error. */
export function parsePattern(text: string): NodePattern {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text);
    if (!match) throw new Error(`pattern '${text}' cannot be read`);
    tokens.push(match[0].trim());
  }
  let at = 0;
  const take = (expected: string): boolean => {
    if (tokens[at] !== expected) return false;
    at++;
    return true;
  };
  const need = (expected: string): void => {
    if (!take(expected)) throw new Error(`pattern '${text}': '${expected}' expected before '${tokens[at]}'`);
  };
  const parse = (): Pattern => {
    const word = tokens[at++] ?? '';
    if (word.startsWith('#')) return { kind: 'constant', name: word.slice(1), optional: take('?') };
    if (/^[-+.\d]/.test(word)) return { kind: 'number', value: Number(word) };
    if (take(':')) return node(tokens[at++] ?? '', word);
    return tokens[at] === '(' ? node(word, undefined) : { kind: 'value', name: word, optional: take('?') };
  };
  const node = (ops: string, name: string | undefined): NodePattern => {
    need('(');
    const inputs: Pattern[] = [];
    let open = false;
    while (!take(')')) {
      if (inputs.length > 0) need(',');
      if (take('...')) open = true;
      else inputs.push(parse());
    }
    return { kind: 'node', name, ops: ops.split('|'), inputs, open };
  };
  const pattern = parse();
  if (pattern.kind !== 'node' || at !== tokens.length)
    throw new Error(`pattern '${text}' is not one operator call`);
  return pattern;
}
