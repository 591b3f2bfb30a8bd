import type { Int } from '../../ir/attribute.ts';
import { dataTypes } from '../../ir/data-type.ts';
import { TokenStream } from './token-stream.ts';
import type {
  AttributeSyntax,
  AttributeValueSyntax,
  DimSyntax,
  FunctionSyntax,
  GraphSyntax,
  HeaderEntry,
  HeaderValue,
  Name,
  NodeSyntax,
  TensorData,
  TensorSyntax,
  TextProblem,
  Tree,
  TypeSyntax,
  ValueSyntax,
} from './tree.ts';

/**
 * Parses ONNX text (`docs/Syntax.md` of onnx). It takes everything that `onnx.parser` takes and a little more, so that every
 * model has a text: quoted operators, domains and attribute names, lists of tensors, graphs and types, and sparse tensors.
 * Behind an error it goes on with the next entry, node or function: the tree is as much as could be read.
 */
export function parseText(text: string): { readonly tree: Tree; readonly problems: readonly TextProblem[] } {
  const parser = new Parser(text);
  return { tree: parser.model(), problems: parser.problems };
}

const typeWords: ReadonlySet<string> = new Set([
  ...Object.keys(dataTypes),
  'seq',
  'map',
  'optional',
  'sparse_tensor',
  'opaque',
]);
const isSpecialFloat = (text: string): boolean => /^-?(inf|infinity|nan)$/i.test(text);

class Parser extends TokenStream {
  model(): Tree {
    const header = this.at('<') ? this.#header() : [];
    const functions: FunctionSyntax[] = [];
    const graph = this.recovering(() => this.#graph());
    if (!graph) this.toFunction();
    while (this.token.kind !== 'end') {
      const before = this.token.range.start;
      const item = this.recovering(() => this.#function());
      if (item) functions.push(item);
      else {
        if (this.token.range.start === before) this.advance();
        this.toFunction();
      }
    }
    return { header, graph, functions };
  }

  // ---- Header ---------------------------------------------------------------------------------

  #header(): HeaderEntry[] {
    this.expect('<');
    const entries: HeaderEntry[] = [];
    do {
      const entry = this.recovering(() => {
        const key = this.word('a setting, such as ir_version');
        this.expect(':');
        return { key, value: this.#headerValue(), range: this.from(key.range.start) };
      });
      if (entry) entries.push(entry);
      else this.skipTo((token) => token.text === ',' || token.text === '>' || token.text === '{');
    } while (this.take(','));
    this.recovering(() => this.expect('>'));
    return entries;
  }

  #headerValue(): HeaderValue {
    if (this.take('[')) {
      const pairs: (readonly [Name, Name])[] = [];
      if (this.take(']')) return { kind: 'pairs', pairs };
      do {
        const key = this.string();
        this.expect(':');
        pairs.push([key, this.token.kind === 'int' ? this.name(this.advance()) : this.string()]);
      } while (this.take(','));
      this.expect(']');
      return { kind: 'pairs', pairs };
    }
    if (this.token.kind === 'int') return { kind: 'int', value: this.int(this.advance()) };
    return { kind: 'string', value: this.string().text };
  }

  // ---- Graphs and functions ---------------------------------------------------------------------

  #graph(): GraphSyntax {
    return this.nested(() => {
      const { start } = this.token.range;
      const name = this.quotable('the name of a graph');
      return { name, ...this.#signatureAndNodes(), range: this.from(start) };
    });
  }

  /** From the inputs to the end of the body; a list that cannot be read is an empty one. */
  #signatureAndNodes() {
    const inputs = this.#listOr('(', ')', ['=>', '{']);
    this.recovering(() => this.expect('=>'));
    const outputs = this.#listOr('(', ')', ['<', '{']);
    const values = this.at('<') ? this.#listOr('<', '>', ['{']) : [];
    return { inputs, outputs, values, nodes: this.#nodes() };
  }

  #listOr(open: '(' | '<', close: ')' | '>', until: readonly string[]): ValueSyntax[] {
    const values: ValueSyntax[] = [];
    if (!this.recovering(() => this.#values(open, close, values))) {
      this.skipTo(({ text }) => until.includes(text) || text === '{' || text === '}');
    }
    return values;
  }

  #function(): FunctionSyntax {
    const { start } = this.token.range;
    const header = this.at('<') ? this.#header() : [];
    const name = this.quotable('the name of a function');
    const attributes: Name[] = [];
    const defaults: AttributeSyntax[] = [];
    if (this.take('<')) {
      do {
        const attribute = this.quotable('the name of an attribute');
        if (this.at(':') || this.at('=')) defaults.push(this.#attributeFrom(attribute));
        else attributes.push(attribute);
      } while (this.take(','));
      this.expect('>');
    }
    return { header, name, attributes, defaults, ...this.#signatureAndNodes(), range: this.from(start) };
  }

  #values(open: '(' | '<', close: ')' | '>', values: ValueSyntax[]): true {
    this.expect(open);
    if (this.take(close)) return true;
    do {
      const value = this.recovering(() => this.#value());
      if (value) values.push(value);
      else this.skipTo((token) => token.text === ',' || token.text === close || '{}'.includes(token.text));
    } while (this.take(','));
    this.expect(close);
    return true;
  }

  #value(): ValueSyntax {
    const { start } = this.token.range;
    let type = this.#atType() ? this.#type() : undefined;
    let name = this.quotable('the name of a value');
    // `floaty[3] x` is a type that is not known rather than a name with something odd behind it.
    if (!type && (this.at('[') || this.token.kind === 'word' || this.token.kind === 'string')) {
      type = { kind: 'tensor', element: name, shape: this.#shape(), range: this.from(start) };
      name = this.quotable('the name of a value');
    }
    const data = this.take('=') ? this.#tensorData() : undefined;
    return { type, name, ...(data ? { data } : {}), range: this.from(start) };
  }

  #nodes(): NodeSyntax[] {
    this.expect('{');
    const nodes: NodeSyntax[] = [];
    while (!this.at('}') && this.token.kind !== 'end') {
      const before = this.token.range.start;
      const node = this.#node();
      if (node) nodes.push(node);
      if (this.token.range.start === before) this.advance();
    }
    this.expect('}');
    return nodes;
  }

  /** A node, as much of it as could be read; undefined when not even its operator could. */
  #node(): NodeSyntax | undefined {
    const { start } = this.token.range;
    let [label, overload]: (Name | undefined)[] = [];
    let outputs: readonly Name[] = [];
    let inputs: readonly Name[] = [];
    let operator: { readonly domain: string; readonly opType: Name } | undefined;
    const attributes: AttributeSyntax[] = [];
    const whole = this.recovering(() => {
      if (this.take('[')) {
        label = this.at(']') ? undefined : this.quotable('the name of a node');
        this.expect(']');
      }
      outputs = this.#names();
      if (!this.at('=')) this.fail("'=' is missing: a node is written `output = Operator (input)`");
      operator = this.#operator();
      if (this.take(':')) overload = this.quotable('the overload of a function');
      this.#attributes(attributes);
      this.expect('(');
      inputs = this.#names();
      this.expect(')');
      if (attributes.length === 0) this.#attributes(attributes);
      return true;
    });
    if (!whole) this.toNode();
    if (!operator) return undefined;
    return { label, outputs, ...operator, overload, attributes, inputs, range: this.from(start) };
  }

  /** `Op`, `ai.custom.Op` or `"my domain"."Op"`, behind the `=` that the parser stands at. */
  #operator(): { readonly domain: string; readonly opType: Name } {
    this.advanceWith(() => this.lexer.next());
    if (this.token.kind !== 'string' && this.token.kind !== 'end')
      this.token = this.lexer.operator(this.token);
    if (this.token.kind !== 'word' && this.token.kind !== 'string') this.fail('an operator was expected');
    const first = this.advance();
    const parts: Name[] = [this.name(first)];
    while (this.take('.')) parts.push(this.quotable('an operator'));
    const last = parts[parts.length - 1]!;
    const domain = parts.slice(0, -1).map(({ text }) => text);
    const dot = last.text.lastIndexOf('.');
    const quoted = this.lexer.text[last.range.start] === '"';
    if (quoted || dot < 0) return { domain: domain.join('.'), opType: last };
    return {
      domain: [...domain, last.text.slice(0, dot)].join('.'),
      opType: {
        text: last.text.slice(dot + 1),
        range: { start: last.range.start + dot + 1, end: last.range.end },
      },
    };
  }

  /** Names between commas; what is missing before a comma is the empty name, a comma at the end adds none. */
  #names(): Name[] {
    const names: Name[] = [];
    for (;;) {
      const found = this.token.kind === 'word' || this.token.kind === 'string';
      if (found) names.push(this.name(this.advance()));
      else if (this.at(',')) names.push({ text: '', range: this.here() });
      if (!this.take(',')) return names;
      if (this.at(')') || this.at('=')) return names;
    }
  }

  // ---- Attributes -------------------------------------------------------------------------------

  #attributes(into: AttributeSyntax[]): void {
    if (!this.take('<')) return;
    do into.push(this.#attributeFrom(this.quotable('the name of an attribute')));
    while (this.take(','));
    this.expect('>');
  }

  #attributeFrom(name: Name): AttributeSyntax {
    const declared = this.take(':') ? this.word('the type of an attribute') : undefined;
    this.expect('=');
    return { name, declared, value: this.#attributeValue(), range: this.from(name.range.start) };
  }

  #attributeValue(): AttributeValueSyntax {
    const { start } = this.token.range;
    if (!this.take('[')) return this.#single();
    const items: AttributeValueSyntax[] = [];
    if (!this.at(']')) {
      do items.push(this.#single());
      while (this.take(','));
    }
    this.expect(']');
    return { kind: 'list', items, range: this.from(start) };
  }

  #single(): AttributeValueSyntax {
    const token = this.token;
    const { start } = token.range;
    const done = () => this.from(start);
    if (this.take('@')) return { kind: 'ref', value: this.quotable('an attribute').text, range: done() };
    if (token.kind === 'int') return { kind: 'int', value: this.int(this.advance()), range: token.range };
    if (token.kind === 'float' || (token.kind === 'word' && isSpecialFloat(token.text))) {
      return { kind: 'float', value: floatOf(this.advance().text), range: token.range };
    }
    if (token.kind === 'string') {
      this.advance();
      if (!this.at('(')) return { kind: 'string', value: token.text, range: token.range };
      return { kind: 'graph', value: this.#graphNamed(this.name(token)), range: done() };
    }
    if (this.#atType()) {
      const type = this.#type();
      if (this.at('{') || this.at('=') || this.token.kind === 'word' || this.token.kind === 'string') {
        return { kind: 'tensor', value: this.#tensorOf(type), range: done() };
      }
      return { kind: 'type', value: type, range: done() };
    }
    if (token.kind === 'word') return { kind: 'graph', value: this.#graph(), range: done() };
    return this.fail('a value was expected: a number, a string, a list, a tensor, a type, a graph or @name');
  }

  #graphNamed(name: Name): GraphSyntax {
    return this.nested(() => ({ name, ...this.#signatureAndNodes(), range: this.from(name.range.start) }));
  }

  #tensorOf(type: TypeSyntax): TensorSyntax {
    const named = this.token.kind === 'word' || this.token.kind === 'string';
    const name = named ? this.name(this.advance()) : undefined;
    this.take('=');
    return { type, name, data: this.#tensorData(), range: this.from(type.range.start) };
  }

  #tensorData(): TensorData {
    const { start } = this.token.range;
    if (this.take('[')) {
      const entries = new Map<string, string>();
      do {
        const key = this.string().text;
        this.expect(':');
        entries.set(key, this.string().text);
      } while (this.take(','));
      this.expect(']');
      return { kind: 'external', entries, range: this.from(start) };
    }
    this.expect('{');
    if (this.#atType()) {
      const parts: TensorSyntax[] = [];
      do parts.push(this.nested(() => this.#tensorOf(this.#type())));
      while (this.take(','));
      this.expect('}');
      return { kind: 'sparse', parts, range: this.from(start) };
    }
    const values: (Int | string)[] = [];
    if (!this.at('}')) {
      do values.push(this.#literal());
      while (this.take(','));
    }
    this.expect('}');
    return { kind: 'literal', values, range: this.from(start) };
  }

  #literal(): Int | string {
    const token = this.token;
    if (token.kind === 'int') return this.int(this.advance(), true);
    if (token.kind === 'float' || (token.kind === 'word' && isSpecialFloat(token.text)))
      return floatOf(this.advance().text);
    if (token.kind === 'string') return this.advance().text;
    return this.fail('a number or a string was expected');
  }

  // ---- Types ------------------------------------------------------------------------------------

  #atType(): boolean {
    return this.token.kind === 'word' && typeWords.has(this.token.text);
  }

  #type(): TypeSyntax {
    return this.nested(() => {
      const head = this.word('a type');
      const { start } = head.range;
      switch (head.text) {
        case 'seq':
        case 'optional': {
          this.expect('(');
          const element = this.at(')') ? undefined : this.#type();
          this.expect(')');
          return { kind: head.text === 'seq' ? 'sequence' : 'optional', element, range: this.from(start) };
        }
        case 'map': {
          this.expect('(');
          const key = this.word('the type of keys');
          this.expect(',');
          const value = this.at(')') ? undefined : this.#type();
          this.expect(')');
          return { kind: 'map', key, value, range: this.from(start) };
        }
        case 'sparse_tensor': {
          this.expect('(');
          const element = this.word('the type of elements');
          const shape = this.#shape();
          this.expect(')');
          return { kind: 'sparse', element, shape, range: this.from(start) };
        }
        case 'opaque': {
          this.expect('(');
          const parts: string[][] = [[]];
          while (!this.at(')') && this.token.kind !== 'end') {
            if (this.take(',')) parts.push([]);
            else if (!this.take('.')) parts[parts.length - 1]!.push(this.quotable('a type').text);
          }
          this.expect(')');
          const [first = '', second] = parts.map((part) => part.join('.'));
          const names = second === undefined ? { domain: '', name: first } : { domain: first, name: second };
          return { kind: 'opaque', ...names, range: this.from(start) };
        }
        default:
          return { kind: 'tensor', element: head, shape: this.#shape(), range: this.from(start) };
      }
    });
  }

  /** `float` is a scalar, `float[]` of unknown rank. */
  #shape(): DimSyntax[] | undefined {
    if (!this.take('[')) return [];
    if (this.take(']')) return undefined;
    const dims: DimSyntax[] = [];
    do {
      const token = this.token;
      if (this.take('?')) dims.push({ value: undefined, range: token.range });
      else if (token.kind === 'word' || token.kind === 'string') {
        dims.push({ value: this.advance().text, range: token.range });
      } else if (token.kind === 'int') {
        dims.push({ value: Number(this.advance().text), range: token.range });
      } else this.fail('a dimension was expected: a number, a name or ?');
    } while (this.take(','));
    this.expect(']');
    return dims;
  }
}

function floatOf(text: string): number {
  const special = /^(-?)(inf(?:inity)?|nan)$/i.exec(text);
  if (!special) return Number(text);
  return special[2]!.toLowerCase() === 'nan' ? Number.NaN : special[1] ? -Infinity : Infinity;
}
