import type { TextRange } from '../../base/errors.ts';

/**
 * One token of ONNX's textual syntax (`docs/Syntax.md` of onnx). A string's `text` is without quotes and escapes.
 * `word` is an identifier or keyword; `symbol` one of `= => , : . ( ) < > [ ] { } @ ? -`; `bad` anything else.
 */
export interface Token {
  readonly kind: 'word' | 'string' | 'int' | 'float' | 'symbol' | 'bad' | 'end';
  readonly text: string;
  readonly range: TextRange;
  /** True when only white space stands before it on its line. */
  readonly startsLine: boolean;
}

const space = /(?:\s|#[^\n]*)*/y;
const word = /[A-Za-z_]\w*/y;
const number = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;
const special = /-(?:inf(?:inity)?|nan)(?![A-Za-z])/iy;
const symbol = /=>|[=,:.()<>[\]{}@?-]/y;
/** A qualified operator, which may have parts that are no identifiers: onnx prints `my-domain.Op` as it is. */
const loose = /[^\s()<>[\]{},:="@#]+/y;

/** Makes tokens on demand, so that a tensor of a million numbers is never a million tokens in memory. */
export class Lexer {
  readonly text: string;
  #position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next token; at the end of the text `end`, for ever. */
  next(): Token {
    const startsLine = this.#skipSpace();
    const start = this.#position;
    const char = this.text[start];
    if (char === undefined) return this.#token('end', '', start, startsLine);
    if (char === '"') return this.#string(start, startsLine);
    for (const [kind, pattern] of [
      ['word', word],
      ['int', number],
      ['float', special],
      ['symbol', symbol],
    ] as const) {
      const match = this.#match(pattern);
      if (match === undefined) continue;
      return this.#token(kind === 'int' && /[.eE]/.test(match) ? 'float' : kind, match, start, startsLine);
    }
    this.#position = start + (this.text.codePointAt(start)! > 0xffff ? 2 : 1);
    return this.#token('bad', this.text.slice(start, this.#position), start, startsLine);
  }

  /** Reads again from `token` as a qualified operator name. */
  operator(token: Token): Token {
    this.#position = token.range.start;
    const match = this.#match(loose);
    return match === undefined
      ? this.next()
      : this.#token('word', match, token.range.start, token.startsLine);
  }

  #token(kind: Token['kind'], text: string, start: number, startsLine: boolean): Token {
    return { kind, text, range: { start, end: this.#position }, startsLine };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.#position += match.length;
    return match;
  }

  #skipSpace(): boolean {
    const start = this.#position;
    const skipped = this.#match(space) ?? '';
    return start === 0 || skipped.includes('\n') || this.text[start - 1] === '\n';
  }

  #string(start: number, startsLine: boolean): Token {
    let text = '';
    let from = start + 1;
    for (let at = from; at < this.text.length; at++) {
      const char = this.text[at];
      if (char === '"') {
        this.#position = at + 1;
        return this.#token('string', text + this.text.slice(from, at), start, startsLine);
      }
      if (char === '\\') {
        // A backslash stands for the character behind it, whatever that is.
        text += this.text.slice(from, at);
        from = at + 1;
        at++;
      }
    }
    // Never closed: the token is the rest of the line, so that one missing quote does not swallow the model.
    const lineEnd = this.text.indexOf('\n', start);
    this.#position = lineEnd < 0 ? this.text.length : lineEnd;
    return this.#token('bad', this.text.slice(start, this.#position), start, startsLine);
  }
}

/** True for a text that can stand as a name without quotes. */
export const isIdentifier = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);
