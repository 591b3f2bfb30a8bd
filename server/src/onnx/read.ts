import { PareError } from '../base/errors.ts';
import type { Attribute, Int } from '../ir/attribute.ts';
import { Graph } from '../ir/graph.ts';
import type { LocalFunction, Model } from '../ir/model.ts';
import { createNode, type Node } from '../ir/node.ts';
import type { SparseTensor, Tensor } from '../ir/tensor.ts';
import type { ValueType } from '../ir/value-type.ts';
import { readEntry } from './entries.ts';
import * as f from './fields.ts';
import { type ExternalResolver, readSparse, readTensor } from './read-tensor.ts';
import { readType, readValue } from './read-type.ts';
import { memorySource, type Source } from './source.ts';
import { WireReader, wire } from './wire-reader.ts';

const noExternal: ExternalResolver = (name) => {
  throw new PareError(
    'external-data',
    `The data of tensor '${name}' lie in another file, and this model has no folder.`,
    { hint: 'Open the model from its file.' },
  );
};

/**
 * Reads a model (`ModelProto`). Constants of a file source stay in the file until they are used.
 * Errors: `not-a-model`, `model-truncated`, `model-damaged`, and what `external` throws.
 */
export function readModel(source: Source | Uint8Array, external: ExternalResolver = noExternal): Model {
  const reader = new WireReader(source instanceof Uint8Array ? memorySource(source) : source);
  return new ModelReader(external).model(reader);
}

class ModelReader {
  readonly #external: ExternalResolver;

  constructor(external: ExternalResolver) {
    this.#external = external;
  }

  model(reader: WireReader): Model {
    if (reader.end === 0) throw notAModel('it is empty');
    const unknown: Uint8Array[] = [];
    const opsets = new Map<string, number>();
    const metadata = new Map<string, string>();
    const functions: LocalFunction[] = [];
    const texts = { producerName: '', producerVersion: '', domain: '', doc: '' };
    let irVersion = 0;
    let modelVersion: Int = 0;
    let graph: Graph | undefined;
    while (reader.next()) {
      if (!graph && !looksLikeModelField(reader)) throw notAModel('its first bytes are no fields of a model');
      switch (reader.field) {
        case f.modelFields.irVersion:
          irVersion = reader.number();
          break;
        case f.modelFields.producerName:
          texts.producerName = reader.text();
          break;
        case f.modelFields.producerVersion:
          texts.producerVersion = reader.text();
          break;
        case f.modelFields.domain:
          texts.domain = reader.text();
          break;
        case f.modelFields.modelVersion:
          modelVersion = reader.int();
          break;
        case f.modelFields.doc:
          texts.doc = reader.text();
          break;
        case f.modelFields.graph:
          graph = reader.message((inner) => this.graph(inner));
          break;
        case f.modelFields.opsets:
          readOpset(reader, opsets);
          break;
        case f.modelFields.metadata:
          readEntry(reader, metadata);
          break;
        case f.modelFields.functions:
          functions.push(reader.message((inner) => this.localFunction(inner)));
          break;
        default:
          unknown.push(reader.skip());
      }
    }
    if (!graph) throw notAModel('it has no graph');
    return { irVersion, opsets, ...texts, modelVersion, metadata, graph, functions, unknown };
  }

  graph(reader: WireReader): Graph {
    const graph = new Graph('');
    const nodes: Node[] = [];
    while (reader.next()) {
      switch (reader.field) {
        case f.graphFields.nodes:
          nodes.push(reader.message((inner) => this.node(inner)));
          break;
        case f.graphFields.name:
          graph.name = reader.text();
          break;
        case f.graphFields.initializers:
          graph.setInitializer(reader.message((inner) => readTensor(inner, this.#external)));
          break;
        case f.graphFields.doc:
          graph.doc = reader.text();
          break;
        case f.graphFields.inputs:
          graph.inputs.push(reader.message(readValue));
          break;
        case f.graphFields.outputs:
          graph.outputs.push(reader.message(readValue));
          break;
        case f.graphFields.valueInfo: {
          const value = reader.message(readValue);
          graph.valueInfo.set(value.name, value);
          break;
        }
        case f.graphFields.quantization:
          graph.quantizationAnnotations.push(reader.bytes());
          break;
        case f.graphFields.sparse: {
          const value = reader.message((inner) => readSparse(inner, this.#external));
          graph.sparseInitializers.set(value.values.name, value);
          break;
        }
        case f.graphFields.metadata:
          readEntry(reader, graph.metadata);
          break;
        default:
          graph.unknown.push(reader.skip());
      }
    }
    graph.add(nodes);
    return graph;
  }

  node(reader: WireReader): Node {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes = new Map<string, Attribute>();
    const metadata = new Map<string, string>();
    const unknown: Uint8Array[] = [];
    let [name, opType, doc, domain, overload] = ['', '', '', '', ''];
    while (reader.next()) {
      switch (reader.field) {
        case f.nodeFields.inputs:
          inputs.push(reader.text());
          break;
        case f.nodeFields.outputs:
          outputs.push(reader.text());
          break;
        case f.nodeFields.name:
          name = reader.text();
          break;
        case f.nodeFields.opType:
          opType = reader.text();
          break;
        case f.nodeFields.attributes: {
          const [key, value] = reader.message((inner) => this.attribute(inner));
          if (value) attributes.set(key, value);
          break;
        }
        case f.nodeFields.doc:
          doc = reader.text();
          break;
        case f.nodeFields.domain:
          domain = reader.text();
          break;
        case f.nodeFields.overload:
          overload = reader.text();
          break;
        case f.nodeFields.metadata:
          readEntry(reader, metadata);
          break;
        default:
          unknown.push(reader.skip());
      }
    }
    return createNode(opType, inputs, outputs, {
      name,
      domain,
      overload,
      attributes,
      doc,
      metadata,
      unknown,
    });
  }

  attribute(reader: WireReader): readonly [string, Attribute | undefined] {
    const [floats, ints] = [[] as number[], [] as Int[]];
    const strings: (string | Uint8Array)[] = [];
    const [tensors, graphs, sparses, types] = [
      [] as Tensor[],
      [] as Graph[],
      [] as SparseTensor[],
      [] as ValueType[],
    ];
    const single: { -readonly [K in Attribute['kind']]?: Attribute } = {};
    const unknown: Uint8Array[] = [];
    let [name, ref, type, doc] = ['', '', 0, ''];
    while (reader.next()) {
      switch (reader.field) {
        case f.attributeFields.name:
          name = reader.text();
          break;
        case f.attributeFields.ref:
          ref = reader.text();
          break;
        case f.attributeFields.doc:
          doc = reader.text();
          break;
        case f.attributeFields.type:
          type = reader.number();
          break;
        case f.attributeFields.f:
          single.float = { kind: 'float', value: reader.float() };
          break;
        case f.attributeFields.i:
          single.int = { kind: 'int', value: reader.int() };
          break;
        case f.attributeFields.s:
          single.string = { kind: 'string', value: reader.textOrBytes() };
          break;
        case f.attributeFields.t:
          single.tensor = {
            kind: 'tensor',
            value: reader.message((inner) => readTensor(inner, this.#external)),
          };
          break;
        case f.attributeFields.g:
          single.graph = { kind: 'graph', value: reader.message((inner) => this.graph(inner)) };
          break;
        case f.attributeFields.sparse:
          single.sparse = {
            kind: 'sparse',
            value: reader.message((inner) => readSparse(inner, this.#external)),
          };
          break;
        case f.attributeFields.tp: {
          const value = reader.message(readType);
          if (value) single.type = { kind: 'type', value };
          break;
        }
        case f.attributeFields.floats:
          reader.repeated(wire.fixed32, floats, (inner) => inner.float());
          break;
        case f.attributeFields.ints:
          reader.repeated(wire.varint, ints, (inner) => inner.int());
          break;
        case f.attributeFields.strings:
          strings.push(reader.textOrBytes());
          break;
        case f.attributeFields.tensors:
          tensors.push(reader.message((inner) => readTensor(inner, this.#external)));
          break;
        case f.attributeFields.graphs:
          graphs.push(reader.message((inner) => this.graph(inner)));
          break;
        case f.attributeFields.sparses:
          sparses.push(reader.message((inner) => readSparse(inner, this.#external)));
          break;
        case f.attributeFields.types: {
          const value = reader.message(readType);
          if (value) types.push(value);
          break;
        }
        default:
          unknown.push(reader.skip());
      }
    }
    const kind = kindOf(type);
    const value = ((): Attribute | undefined => {
      if (ref !== '') return { kind: 'ref', of: kind ?? 'tensor', value: ref };
      switch (kind) {
        case 'floats':
          return { kind, value: floats };
        case 'ints':
          return { kind, value: ints };
        case 'strings':
          return { kind, value: strings };
        case 'tensors':
          return { kind, value: tensors };
        case 'graphs':
          return { kind, value: graphs };
        case 'sparses':
          return { kind, value: sparses };
        case 'types':
          return { kind, value: types };
        // Proto3 leaves defaults out: an attribute of this type without a value is zero.
        case 'float':
          return single.float ?? { kind, value: 0 };
        case 'int':
          return single.int ?? { kind, value: 0 };
        case 'string':
          return single.string ?? { kind, value: '' };
        case undefined:
          return untyped(single, floats, ints, strings);
        default:
          return single[kind];
      }
    })();
    const rest = { ...(doc === '' ? {} : { doc }), ...(unknown.length === 0 ? {} : { unknown }) };
    return [name, value && { ...value, ...rest }];
  }

  localFunction(reader: WireReader): LocalFunction {
    const graph = new Graph('');
    const nodes: Node[] = [];
    const [attributes, opsets] = [[] as string[], new Map<string, number>()];
    const attributeDefaults = new Map<string, Attribute>();
    const metadata = new Map<string, string>();
    const unknown: Uint8Array[] = [];
    let [name, domain, overload, doc] = ['', '', '', ''];
    while (reader.next()) {
      switch (reader.field) {
        case f.functionFields.name:
          name = reader.text();
          break;
        case f.functionFields.domain:
          domain = reader.text();
          break;
        case f.functionFields.overload:
          overload = reader.text();
          break;
        case f.functionFields.doc:
          doc = reader.text();
          break;
        case f.functionFields.inputs:
          graph.inputs.push({ name: reader.text() });
          break;
        case f.functionFields.outputs:
          graph.outputs.push({ name: reader.text() });
          break;
        case f.functionFields.attributes:
          attributes.push(reader.text());
          break;
        case f.functionFields.attributeDefaults: {
          const [key, value] = reader.message((inner) => this.attribute(inner));
          if (value) attributeDefaults.set(key, value);
          break;
        }
        case f.functionFields.nodes:
          nodes.push(reader.message((inner) => this.node(inner)));
          break;
        case f.functionFields.valueInfo: {
          const value = reader.message(readValue);
          graph.valueInfo.set(value.name, value);
          break;
        }
        case f.functionFields.opsets:
          readOpset(reader, opsets);
          break;
        case f.functionFields.metadata:
          readEntry(reader, metadata);
          break;
        default:
          unknown.push(reader.skip());
      }
    }
    graph.name = name;
    graph.add(nodes);
    return { name, domain, overload, doc, opsets, attributes, attributeDefaults, graph, metadata, unknown };
  }
}

const kindByCode = new Map(
  (Object.entries(f.attributeKinds) as [Exclude<Attribute['kind'], 'ref'>, number][]).map(([kind, code]) => [
    code,
    kind,
  ]),
);
const kindOf = (code: number): Exclude<Attribute['kind'], 'ref'> | undefined => kindByCode.get(code);

/** ONNX before IR version 4 did not write the attribute's type. */
function untyped(
  single: { readonly [K in Attribute['kind']]?: Attribute },
  floats: number[],
  ints: Int[],
  strings: (string | Uint8Array)[],
): Attribute | undefined {
  if (floats.length > 0) return { kind: 'floats', value: floats };
  if (ints.length > 0) return { kind: 'ints', value: ints };
  if (strings.length > 0) return { kind: 'strings', value: strings };
  return Object.values(single)[0];
}

function looksLikeModelField({ field, wireType }: WireReader): boolean {
  const integers: readonly number[] = [f.modelFields.irVersion, f.modelFields.modelVersion];
  return integers.includes(field) ? wireType === wire.varint : field <= 50 && wireType === wire.bytes;
}

function readOpset(reader: WireReader, into: Map<string, number>): void {
  let [domain, version] = ['', 0];
  reader.message((inner) => {
    while (inner.next()) {
      if (inner.field === f.opsetFields.domain) domain = inner.text();
      else if (inner.field === f.opsetFields.version) version = inner.number();
      else inner.skip();
    }
  });
  into.set(domain === 'ai.onnx' ? '' : domain, version);
}

const notAModel = (why: string): PareError =>
  new PareError('not-a-model', `This is not an ONNX model: ${why}.`, {
    hint: "Give a file that an exporter wrote, usually with the extension '.onnx'.",
  });
