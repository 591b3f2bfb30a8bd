import type { TextRange } from '../../base/errors.ts';
import type { Int } from '../../ir/attribute.ts';
import { Lexer, type Token } from './lexer.ts';
import type { Name, TextProblem } from './tree.ts';

/** Unwinds to the nearest place where parsing can go on. The problem is recorded already. */
class Fault extends Error {}

/** Deeper nesting of graphs and types than any model has: it would overflow the stack. */
const deepest = 100;
/** Problems after these are consequences more often than news. */
const mostProblems = 100;

/** The tokens of a text one by one, with what a parser does at an error: record it, unwind, and go on where something new begins. */
export class TokenStream {
  readonly problems: TextProblem[] = [];
  protected readonly lexer: Lexer;
  protected token: Token;
  #lastEnd = 0;
  #depth = 0;

  constructor(text: string) {
    this.lexer = new Lexer(text);
    this.token = this.lexer.next();
  }

  protected advance(): Token {
    return this.advanceWith(() => this.lexer.next());
  }

  protected advanceWith(next: () => Token): Token {
    const token = this.token;
    this.#lastEnd = token.range.end;
    this.token = next();
    return token;
  }

  protected at(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol;
  }

  protected take(symbol: string): boolean {
    const found = this.at(symbol);
    if (found) this.advance();
    return found;
  }

  protected expect(symbol: string): void {
    if (!this.take(symbol)) this.fail(`'${symbol}' was expected`);
  }

  protected word(what: string): Name {
    if (this.token.kind !== 'word') this.fail(`${what} was expected`);
    return this.name(this.advance());
  }

  protected quotable(what: string): Name {
    if (this.token.kind !== 'word' && this.token.kind !== 'string') this.fail(`${what} was expected`);
    return this.name(this.advance());
  }

  protected string(): Name {
    if (this.token.kind !== 'string') this.fail('a string in double quotes was expected');
    return this.name(this.advance());
  }

  protected name({ text, range }: Token): Name {
    return { text, range };
  }

  /** `element`: of a tensor, perhaps of floats, so that its size says nothing yet. */
  protected int({ text, range }: Token, element = false): Int {
    const limit = element ? 2n ** 64n : 2n ** 63n;
    const value = text.length > 25 ? limit : BigInt(text);
    if (value >= limit || value < -(2n ** 63n)) {
      if (!element) this.report(`${text.slice(0, 25)} does not fit into 64 bits.`, range);
      return Number(text);
    }
    // A zero keeps its sign: it may be an element of a tensor of floats.
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(text) : value;
  }

  protected here(): TextRange {
    return { start: this.token.range.start, end: this.token.range.start };
  }

  protected from(start: number): TextRange {
    return { start, end: Math.max(start, this.#lastEnd) };
  }

  // ---- Errors and recovery ----------------------------------------------------------------------

  protected nested<T>(parse: () => T): T {
    if (this.#depth >= deepest) this.fail(`graphs and types are nested more than ${deepest} deep`);
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  protected report(message: string, range: TextRange): void {
    if (this.problems.length < mostProblems) this.problems.push({ message, range });
  }

  protected fail(message: string): never {
    const { kind, text, range } = this.token;
    const found =
      kind === 'end'
        ? 'the text ends here'
        : text.startsWith('"') && kind === 'bad'
          ? 'this string has no end'
          : `here stands '${text.length > 30 ? `${text.slice(0, 30)}...` : text}'`;
    this.report(`${message[0]!.toUpperCase()}${message.slice(1)}, but ${found}.`, range);
    throw new Fault(message);
  }

  protected recovering<T>(parse: () => T): T | undefined {
    const depth = this.#depth;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#depth = depth;
      return undefined;
    }
  }

  protected skipTo(found: (token: Token) => boolean): void {
    while (this.token.kind !== 'end' && !(this.token.kind === 'symbol' && found(this.token))) this.advance();
  }

  /** To where the next node may start: a line's first token that can begin one, or the end of the body. */
  protected toNode(): void {
    for (;;) {
      const { kind, startsLine, text } = this.token;
      if (kind === 'end' || (kind === 'symbol' && text === '}')) return;
      if (startsLine && (kind === 'word' || kind === 'string' || (kind === 'symbol' && '[='.includes(text))))
        return;
      this.advance();
    }
  }

  /** To where the next function may start: a `<` at the beginning of a line. */
  protected toFunction(): void {
    while (this.token.kind !== 'end' && !(this.at('<') && this.token.startsLine)) this.advance();
  }
}
