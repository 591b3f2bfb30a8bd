import { PareError } from '../../base/errors.ts';
import type { Attribute } from '../../ir/attribute.ts';
import { dataTypes } from '../../ir/data-type.ts';
import { type Dim, symbol, unknownDim } from '../../ir/dim.ts';
import type { Graph } from '../../ir/graph.ts';
import type { LocalFunction, Model } from '../../ir/model.ts';
import { bodiesOf, type Node } from '../../ir/node.ts';
import type { SparseTensor, Tensor } from '../../ir/tensor.ts';
import type { DimNote, ValueInfo, ValueType } from '../../ir/value-type.ts';
import { type Placement, plainSymbol } from '../write.ts';
import { nameOfKind } from './build.ts';
import { isIdentifier } from './lexer.ts';
import { floatAttribute, literals } from './numbers.ts';
import { opaqueText } from './opaque.ts';

/**
 * The model in ONNX's textual syntax, laid out as `onnx.printer` does. Tensors that `place` puts elsewhere are written as
 * external data. Documentation, metadata and type denotations of parts of the graph have no form in text: `keepUnsaid` brings
 * them back. Throws `text-too-long` when the text would exceed what a string can hold.
 */
export function printModel(model: Model, place: Placement = () => undefined): string {
  const printer = new Printer(place);
  printer.model(model);
  return printer.text();
}

/** Half of what V8 lets a string hold. */
const longestText = 2 ** 28;
const indentation = '  ';

class Printer {
  readonly #place: Placement;
  readonly #parts: string[] = [];
  #length = 0;
  #indent = 0;

  constructor(place: Placement) {
    this.#place = place;
  }

  text(): string {
    return this.#parts.join('');
  }

  model(model: Model): void {
    const entries = [`ir_version: ${model.irVersion}`, `opset_import: [${opsets(model.opsets)}]`];
    for (const [key, value] of [
      ['producer_name', model.producerName],
      ['producer_version', model.producerVersion],
      ['domain', model.domain],
    ] as const)
      if (value !== '') entries.push(`${key}: ${quote(value)}`);
    if (Number(model.modelVersion) !== 0) entries.push(`model_version: ${model.modelVersion}`);
    if (model.doc !== '') entries.push(`doc_string: ${quote(model.doc)}`);
    if (model.metadata.size > 0) entries.push(`metadata_props: [${pairs(model.metadata)}]`);
    this.#header(entries);
    this.#graph(model.graph, name(model.graph.name));
    this.#put('\n');
    for (const item of model.functions) this.#function(item);
  }

  #header(entries: readonly string[]): void {
    this.#put(`<\n${entries.map((entry) => `${indentation}${entry}`).join(',\n')}\n>\n`);
  }

  #graph(graph: Graph, label: string): void {
    this.#put(label);
    this.#list(' (', ')', graph.inputs.map(valueText));
    this.#list(' => (', ')', graph.outputs.map(valueText));
    const values = [...graph.valueInfo.values()].filter(({ type, unknown }) => type ?? unknown);
    if (graph.initializers.size + graph.sparseInitializers.size + values.length > 0) {
      this.#put('\n');
      this.#line('<');
      this.#indent++;
      let separator = '';
      const entry = (write: () => void) => {
        this.#put(separator);
        separator = ',\n';
        this.#margin();
        write();
      };
      for (const value of graph.initializers.values()) entry(() => this.#tensor(value, ' = '));
      for (const value of graph.sparseInitializers.values()) entry(() => this.#sparse(value, ' = '));
      for (const value of values) entry(() => this.#put(valueText(value)));
      this.#indent--;
      this.#put('\n');
      this.#line('>', '');
    }
    this.#put(' ');
    this.#nodes(graph.nodes);
  }

  #function(item: LocalFunction): void {
    const entries = [`domain: ${quote(item.domain)}`];
    if (item.overload !== '') entries.push(`overload: ${quote(item.overload)}`);
    entries.push(`opset_import: [${opsets(item.opsets)}]`);
    if (item.doc !== '') entries.push(`doc_string: ${quote(item.doc)}`);
    this.#put('\n');
    this.#header(entries);
    this.#put(name(item.name));
    if (item.attributes.length + item.attributeDefaults.size > 0) {
      this.#put(' <');
      this.#put(item.attributes.map(name).join(', '));
      let first = item.attributes.length === 0;
      for (const [key, value] of item.attributeDefaults) {
        if (!first) this.#put(', ');
        first = false;
        this.#attribute(key, value);
      }
      this.#put('>');
    }
    const { graph } = item;
    // A type stands at the input or output that has it; only the rest comes in the list behind.
    const signature = (value: ValueInfo) => valueText(graph.valueInfo.get(value.name) ?? value);
    this.#list(' (', ')', graph.inputs.map(signature));
    this.#list(' => (', ')', graph.outputs.map(signature));
    const stated = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
    const values = [...graph.valueInfo.values()].filter((value) => value.type && !stated.has(value.name));
    if (values.length > 0) this.#list('\n<', '>', values.map(valueText));
    this.#put(' ');
    this.#nodes(graph.nodes);
    this.#put('\n');
  }

  #nodes(nodes: readonly Node[]): void {
    this.#put('{\n');
    this.#indent++;
    for (const node of nodes) this.#node(node);
    this.#indent--;
    this.#margin();
    this.#put('}');
  }

  #node(node: Node): void {
    this.#margin();
    if (node.name !== '') this.#put(`[${name(node.name)}] `);
    this.#put(`${node.outputs.map(name).join(', ')} = ${operatorText(node)}`);
    if (node.overload !== '') this.#put(`:${name(node.overload)}`);
    const inputs = ` (${node.inputs.map(name).join(', ')})`;
    // A body comes last: the inputs would be hard to find behind it.
    const last = bodiesOf(node).length > 0;
    if (last) this.#put(inputs);
    if (node.attributes.size > 0) {
      let separator = ' <';
      for (const [key, value] of node.attributes) {
        this.#put(separator);
        separator = ', ';
        this.#attribute(key, value);
      }
      this.#put('>');
    }
    this.#put(last ? '\n' : `${inputs}\n`);
  }

  #attribute(key: string, attribute: Attribute): void {
    const kind = nameOfKind(attribute.kind === 'ref' ? attribute.of : attribute.kind);
    this.#put(`${name(key)}: ${kind} = `);
    switch (attribute.kind) {
      case 'float':
        this.#put(floatAttribute(attribute.value));
        break;
      case 'int':
        this.#put(String(attribute.value));
        break;
      case 'string':
        this.#put(quote(attribute.value));
        break;
      case 'tensor':
        this.#tensor(attribute.value, ' ');
        break;
      case 'graph':
        this.#indent++;
        this.#graph(attribute.value, nameInAttribute(attribute.value.name));
        this.#indent--;
        break;
      case 'sparse':
        this.#sparse(attribute.value, ' ');
        break;
      case 'type':
        this.#put(typeText(attribute.value));
        break;
      case 'floats':
        this.#put(`[${attribute.value.map(floatAttribute).join(', ')}]`);
        break;
      case 'ints':
        this.#put(`[${attribute.value.join(', ')}]`);
        break;
      case 'strings':
        this.#put(`[${attribute.value.map(quote).join(', ')}]`);
        break;
      case 'tensors':
        this.#items(attribute.value, (value) => this.#tensor(value, ' '));
        break;
      case 'graphs':
        this.#indent++;
        this.#items(attribute.value, (value) => this.#graph(value, nameInAttribute(value.name)));
        this.#indent--;
        break;
      case 'sparses':
        this.#items(attribute.value, (value) => this.#sparse(value, ' '));
        break;
      case 'types':
        this.#put(`[${attribute.value.map(typeText).join(', ')}]`);
        break;
      case 'ref':
        this.#put(`@${name(attribute.value)}`);
        break;
    }
  }

  /** `float[2] name = {1, 2}`; the `=` may be missing in attributes, but not before external data. */
  #tensor(tensor: Tensor, equals: ' ' | ' = '): void {
    const inAttribute = equals === ' ';
    const label = inAttribute
      ? tensor.name === ''
        ? ''
        : ` ${nameInAttribute(tensor.name)}`
      : ` ${name(tensor.name)}`;
    this.#put(`${tensor.type}${tensor.dims.length > 0 ? `[${tensor.dims.join(',')}]` : ''}${label}`);
    if (tensor.strings) {
      this.#put(`${equals}{`);
      this.#joined((tensor.rawStrings ?? tensor.strings).map(quote));
      this.#put('}');
      return;
    }
    const placed = this.#place(tensor);
    if (placed) {
      this.#put(` = [${pairs(placed)}]`);
      return;
    }
    this.#put(`${equals}{`);
    this.#joined(literals(tensor));
    this.#put('}');
  }

  #sparse({ dims, values, indices }: SparseTensor, equals: ' ' | ' = '): void {
    const label = values.name === '' ? '' : ` ${name(values.name)}`;
    this.#put(`sparse_tensor(${values.type}[${dims.join(',')}])${label}${equals}{`);
    this.#tensor({ ...values, name: '' }, ' ');
    this.#put(', ');
    this.#tensor(indices, ' ');
    this.#put('}');
  }

  #joined(items: Iterable<string>): void {
    let separator = '';
    for (const item of items) {
      this.#put(`${separator}${item}`);
      separator = ', ';
    }
  }

  #items<T>(items: readonly T[], write: (item: T) => void): void {
    this.#put('[');
    for (const [index, item] of items.entries()) {
      if (index > 0) this.#put(', ');
      write(item);
    }
    this.#put(']');
  }

  /** A list on one line where it is short, else one entry a line. */
  #list(open: string, close: string, items: readonly string[]): void {
    const length = items.reduce((sum, item) => sum + item.length + 2, 0);
    if (length <= 100) this.#put(`${open}${items.join(', ')}${close}`);
    else {
      const margin = indentation.repeat(this.#indent + 1);
      this.#put(`${open}\n${margin}${items.join(`,\n${margin}`)}${close}`);
    }
  }

  #margin(): void {
    this.#put(indentation.repeat(this.#indent));
  }

  #line(text: string, end = '\n'): void {
    this.#margin();
    this.#put(text + end);
  }

  #put(text: string): void {
    this.#length += text.length;
    if (this.#length > longestText) {
      throw new PareError('text-too-long', 'The model is too large to be one text.', {
        hint: 'Leave the constants out of the text: `pare text MODEL -o FILE` puts them beside it.',
      });
    }
    this.#parts.push(text);
  }
}

/** Words that a reader may take for the beginning of a type. */
const typeWords: ReadonlySet<string> = new Set([
  ...Object.keys(dataTypes),
  'seq',
  'map',
  'optional',
  'sparse_tensor',
  'opaque',
]);

/**
 * The name of a graph or tensor inside an attribute, where onnx takes identifiers alone: one is made of any other name. Such
 * names mean nothing, and `keepUnsaid` brings them back.
 */
export function nameInAttribute(text: string): string {
  const word = text.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
  return typeWords.has(word) || /^(inf|infinity|nan)$/i.test(word) ? `${word}_` : word;
}

const name = (text: string): string => (isIdentifier(text) && !typeWords.has(text) ? text : quote(text));

/** Bytes that are no text come with replacement characters. */
function quote(value: string | Uint8Array): string {
  const text =
    typeof value === 'string' ? value : new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

const pairs = (entries: ReadonlyMap<string, string>): string =>
  [...entries].map(([key, value]) => `${quote(key)}: ${quote(value)}`).join(', ');
const opsets = (versions: ReadonlyMap<string, number>): string =>
  [...versions].map(([domain, version]) => `${quote(domain)}: ${version}`).join(', ');

/** onnx has no quotes here, so that they come only where nothing else can be read. */
function operatorText({ domain, opType }: Node): string {
  const plain = domain === '' || domain.split('.').every(isIdentifier);
  const prefix = domain === '' ? '' : `${plain ? domain : quote(domain)}.`;
  return `${prefix}${isIdentifier(opType) ? opType : quote(opType)}`;
}

/** `float[N, 3] x`; a value without a type is its name alone. */
function valueText({ name: text, type, unknown }: ValueInfo): string {
  const written = type ? typeText(type) : unknown?.map(opaqueText).find((found) => found !== undefined);
  return `${written === undefined ? '' : `${written} `}${name(text)}`;
}

function typeText(type: ValueType | undefined): string {
  if (!type) return '';
  switch (type.kind) {
    case 'tensor':
      return `${type.type}${shapeText(type)}`;
    case 'sparse':
      return `sparse_tensor(${type.type}${shapeText(type)})`;
    case 'sequence':
      return `seq(${typeText(type.element)})`;
    case 'optional':
      return `optional(${typeText(type.element)})`;
    case 'map':
      return `map(${type.key}, ${typeText(type.value)})`;
  }
}

function shapeText({ shape, notes }: Extract<ValueType, { kind: 'tensor' | 'sparse' }>): string {
  if (!shape) return '[]';
  if (shape.length === 0) return '';
  const fitting = notes?.length === shape.length ? notes : undefined;
  return `[${shape.map((dim, axis) => dimText(dim, fitting?.[axis])).join(',')}]`;
}

function dimText(dim: Dim, note: DimNote = {}): string {
  if (typeof dim === 'number') return String(dim);
  if (dim === unknownDim && note.value !== undefined) return String(note.value);
  if (note.text !== undefined && symbol(note.text) === dim) return name(note.text);
  const text = plainSymbol(dim);
  return text === undefined ? '?' : name(text);
}
