import type { TextRange } from '../../base/errors.ts';
import type { Attribute, Int } from '../../ir/attribute.ts';
import { Graph } from '../../ir/graph.ts';
import type { LocalFunction, Model } from '../../ir/model.ts';
import { createNode, type Node } from '../../ir/node.ts';
import type { ValueInfo } from '../../ir/value-type.ts';
import { attributeKinds } from '../fields.ts';
import type { ExternalResolver } from '../read-tensor.ts';
import { TensorBuilder } from './build-tensor.ts';
import { parseText } from './parser.ts';
import type {
  AttributeSyntax,
  AttributeValueSyntax,
  FunctionSyntax,
  GraphSyntax,
  HeaderEntry,
  HeaderValue,
  NodeSyntax,
  TextProblem,
  Tree,
  ValueSyntax,
} from './tree.ts';

export interface TextModel {
  readonly tree: Tree;
  /** As much of the model as could be read; undefined when not even its graph begins. */
  readonly model: Model | undefined;
  /** In the order of the text; none means that the model is the text's, whole. */
  readonly problems: readonly TextProblem[];
}

/** Parses a text and makes the model that it describes. Nothing is thrown: what is wrong is listed with its place. */
export function readText(text: string, external?: ExternalResolver): TextModel {
  const { tree, problems } = parseText(text);
  const builder = new ModelBuilder(external);
  const model = builder.model(tree);
  const all = [...problems, ...builder.problems].sort((a, b) => a.range.start - b.range.start);
  return { tree, model, problems: all };
}

/** Version of the intermediate representation that a text without `ir_version` gets: the newest of ONNX 1.18. */
const defaultIrVersion = 11;

class ModelBuilder {
  readonly problems: TextProblem[] = [];
  readonly #tensors: TensorBuilder;

  constructor(external: ExternalResolver | undefined) {
    this.#tensors = new TensorBuilder(external, (message, range) => this.#report(message, range));
  }

  model(tree: Tree): Model | undefined {
    if (!tree.graph) return undefined;
    const header = new Header(tree.header, (message, range) => this.#report(message, range));
    return {
      irVersion: Number(header.int('ir_version') ?? defaultIrVersion),
      opsets: header.opsets(),
      producerName: header.string('producer_name'),
      producerVersion: header.string('producer_version'),
      domain: header.string('domain'),
      modelVersion: header.int('model_version') ?? 0,
      doc: header.string('doc_string'),
      metadata: header.pairs('metadata_props'),
      graph: this.#graph(tree.graph),
      functions: tree.functions.map((item) => this.#function(item)),
      unknown: [],
    };
  }

  #graph(syntax: GraphSyntax): Graph {
    const graph = new Graph(syntax.name.text);
    for (const input of syntax.inputs) {
      graph.inputs.push(this.#value(input));
      this.#initializer(graph, input);
    }
    for (const output of syntax.outputs) graph.outputs.push(this.#value(output));
    for (const value of syntax.values) {
      if (value.data) this.#initializer(graph, value);
      else graph.valueInfo.set(value.name.text, this.#value(value));
    }
    graph.add(syntax.nodes.map((node) => this.#node(node)));
    return graph;
  }

  #initializer(graph: Graph, { type, name, data, range }: ValueSyntax): void {
    if (!data) return;
    if (!type) this.#report(`'${name.text}' has data and needs a type, such as float[2].`, range);
    else if (graph.initializers.has(name.text)) this.#report(`'${name.text}' has data already.`, name.range);
    else if (data.kind === 'sparse') {
      const value = this.#tensors.sparse(name.text, type, data);
      if (value) graph.sparseInitializers.set(name.text, value);
    } else {
      const value = this.#tensors.tensor({ type, name, data, range });
      if (value) graph.setInitializer(value);
    }
  }

  #value({ type, name }: ValueSyntax): ValueInfo {
    const read = type && this.#tensors.type(type);
    return {
      name: name.text,
      ...(read?.type ? { type: read.type } : {}),
      ...(read?.unknown ? { unknown: read.unknown } : {}),
    };
  }

  #function(syntax: FunctionSyntax): LocalFunction {
    const header = new Header(syntax.header, (message, range) => this.#report(message, range));
    const graph = new Graph(syntax.name.text);
    for (const input of syntax.inputs) graph.inputs.push({ name: input.name.text });
    for (const output of syntax.outputs) graph.outputs.push({ name: output.name.text });
    for (const value of [...syntax.inputs, ...syntax.outputs, ...syntax.values])
      if (value.type) graph.valueInfo.set(value.name.text, this.#value(value));
    graph.add(syntax.nodes.map((node) => this.#node(node)));
    return {
      name: syntax.name.text,
      domain: header.string('domain'),
      overload: header.string('overload'),
      doc: header.string('doc_string'),
      opsets: header.opsets(),
      attributes: syntax.attributes.map(({ text }) => text),
      attributeDefaults: this.#attributes(syntax.defaults),
      graph,
      metadata: new Map(),
    };
  }

  #node(syntax: NodeSyntax): Node {
    return createNode(
      syntax.opType.text,
      syntax.inputs.map(({ text }) => text),
      syntax.outputs.map(({ text }) => text),
      {
        name: syntax.label?.text ?? '',
        domain: syntax.domain,
        overload: syntax.overload?.text ?? '',
        attributes: this.#attributes(syntax.attributes),
      },
    );
  }

  #attributes(list: readonly AttributeSyntax[]): Map<string, Attribute> {
    const attributes = new Map<string, Attribute>();
    for (const syntax of list) {
      const { text, range } = syntax.name;
      if (attributes.has(text)) this.#report(`Attribute '${text}' is given twice.`, range);
      const value = this.#attribute(syntax);
      if (value) attributes.set(text, value);
    }
    return attributes;
  }

  #attribute({ declared, value, name }: AttributeSyntax): Attribute | undefined {
    const kind = declared && kindNames.get(declared.text);
    if (declared && !kind) {
      const names = [...kindNames.keys()].join(', ');
      this.#report(`'${declared.text}' is no type of attributes; there are ${names}.`, declared.range);
    }
    if (value.kind === 'ref') return { kind: 'ref', of: kind ?? 'tensor', value: value.value };
    const read =
      value.kind === 'list'
        ? this.#list(value.items, kind, name.text, value.range)
        : this.#single(value, kind);
    if (read && kind && read.kind !== kind) {
      this.#report(
        `Attribute '${name.text}' should be of type ${nameOfKind(kind)}, not ${nameOfKind(read.kind)}.`,
        value.range,
      );
    }
    return read;
  }

  #single(value: AttributeValueSyntax, wanted: Attribute['kind'] | undefined): Attribute | undefined {
    switch (value.kind) {
      case 'int':
        // The one conversion that onnx makes.
        if (wanted === 'float') return { kind: 'float', value: Math.fround(Number(value.value)) };
        return { kind: 'int', value: typeof value.value === 'number' ? value.value + 0 : value.value };
      case 'float':
        return { kind: 'float', value: Math.fround(value.value) };
      case 'string':
        return { kind: 'string', value: value.value };
      case 'tensor': {
        const { type, data } = value.value;
        if (data.kind === 'sparse') {
          const sparse = this.#tensors.sparse(value.value.name?.text ?? '', type, data);
          return sparse && { kind: 'sparse', value: sparse };
        }
        const tensor = this.#tensors.tensor(value.value);
        return tensor && { kind: 'tensor', value: tensor };
      }
      case 'type': {
        const { type } = this.#tensors.type(value.value);
        return type && { kind: 'type', value: type };
      }
      case 'graph':
        return { kind: 'graph', value: this.#graph(value.value) };
      case 'ref':
      case 'list':
        this.#report('A list cannot hold this.', value.range);
        return undefined;
    }
  }

  #list(
    items: readonly AttributeValueSyntax[],
    wanted: Attribute['kind'] | undefined,
    name: string,
    range: TextRange,
  ): Attribute | undefined {
    const element = wanted && listElement(wanted);
    if (wanted && !element) {
      this.#report(`Attribute '${name}' of type ${nameOfKind(wanted)} cannot be a list.`, range);
      return undefined;
    }
    const read = items.flatMap((item) => this.#single(item, element) ?? []);
    const kind = element ?? read[0]?.kind;
    if (kind === undefined) {
      if (items.length === 0) this.#report(`An empty list needs a type: ${name}: ints = [].`, range);
      return undefined;
    }
    const odd = read.findIndex((item) => item.kind !== kind);
    if (odd >= 0) {
      this.#report(
        `The list should hold values of type ${nameOfKind(kind)} alone.`,
        items[odd]?.range ?? range,
      );
      return undefined;
    }
    return listOf(kind, read);
  }

  #report(message: string, range: TextRange): void {
    this.problems.push({ message, range });
  }
}

/** Reads the settings before a graph or function. */
class Header {
  readonly #entries = new Map<string, HeaderEntry>();
  readonly #report: (message: string, range: TextRange) => void;

  constructor(entries: readonly HeaderEntry[], report: (message: string, range: TextRange) => void) {
    this.#report = report;
    for (const entry of entries) {
      const { text, range } = entry.key;
      if (!headerKeys.includes(text))
        report(`'${text}' is no setting; there are ${headerKeys.join(', ')}.`, range);
      this.#entries.set(text, entry);
    }
  }

  string(key: string): string {
    return this.#get(key, 'string')?.value ?? '';
  }

  int(key: string): Int | undefined {
    return this.#get(key, 'int')?.value;
  }

  pairs(key: string): Map<string, string> {
    return new Map(this.#get(key, 'pairs')?.pairs.map(([name, value]) => [name.text, value.text]));
  }

  opsets(): Map<string, number> {
    const opsets = new Map<string, number>();
    for (const [domain, version] of this.#get('opset_import', 'pairs')?.pairs ?? []) {
      const number = Number(version.text);
      if (!Number.isSafeInteger(number)) this.#report('A version is a whole number.', version.range);
      else opsets.set(domain.text === 'ai.onnx' ? '' : domain.text, number);
    }
    return opsets;
  }

  #get<K extends HeaderValue['kind']>(key: string, kind: K): Extract<HeaderValue, { kind: K }> | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.value.kind === kind) return entry.value as Extract<HeaderValue, { kind: K }>;
    const what = { int: 'a whole number', string: 'a string', pairs: 'a list of pairs' }[kind];
    this.#report(`'${key}' should be ${what}.`, entry.range);
    return undefined;
  }
}

const headerKeys: readonly string[] = [
  'ir_version',
  'opset_import',
  'producer_name',
  'producer_version',
  'domain',
  'model_version',
  'doc_string',
  'metadata_props',
  'overload',
];

type Kind = Exclude<Attribute['kind'], 'ref'>;

/** The names of attribute types in text, where they differ from ours. */
const textNames: Partial<Record<Kind, string>> = {
  sparse: 'sparse_tensor',
  sparses: 'sparse_tensors',
  type: 'type_proto',
  types: 'type_protos',
};
const kindNames: ReadonlyMap<string, Kind> = new Map(
  (Object.keys(attributeKinds) as Kind[]).map((kind) => [textNames[kind] ?? kind, kind]),
);

/** The name of an attribute type in text. */
export const nameOfKind = (kind: Attribute['kind']): string =>
  kind === 'ref' ? 'reference' : (textNames[kind] ?? kind);

const singular: Partial<Record<Attribute['kind'], Kind>> = {
  floats: 'float',
  ints: 'int',
  strings: 'string',
  tensors: 'tensor',
  graphs: 'graph',
  sparses: 'sparse',
  types: 'type',
};
const listElement = (kind: Attribute['kind']): Kind | undefined => singular[kind];

function listOf(kind: Attribute['kind'], items: readonly Attribute[]): Attribute | undefined {
  const values = <K extends Attribute['kind']>(of: K) =>
    (items as readonly Extract<Attribute, { kind: K }>[])
      .filter((item) => item.kind === of)
      .map((item) => item.value as Extract<Attribute, { kind: K }>['value']);
  switch (kind) {
    case 'float':
      return { kind: 'floats', value: values('float') };
    case 'int':
      return { kind: 'ints', value: values('int') };
    case 'string':
      return { kind: 'strings', value: values('string') };
    case 'tensor':
      return { kind: 'tensors', value: values('tensor') };
    case 'graph':
      return { kind: 'graphs', value: values('graph') };
    case 'sparse':
      return { kind: 'sparses', value: values('sparse') };
    case 'type':
      return { kind: 'types', value: values('type') };
    default:
      return undefined;
  }
}
