import { type Blob, lazyBlob, memoryBlob } from '../base/blob.ts';
import { PareError } from '../base/errors.ts';
import type { Attribute, Int } from '../ir/attribute.ts';
import { dataTypeOf, storageBytes } from '../ir/data-type.ts';
import { type Dim, symbol, unknownDim } from '../ir/dim.ts';
import { Graph } from '../ir/graph.ts';
import type { LocalFunction, Model } from '../ir/model.ts';
import { createNode, type Node } from '../ir/node.ts';
import { type SparseTensor, type Tensor, tensor } from '../ir/tensor.ts';
import type { ValueInfo, ValueType } from '../ir/value-type.ts';
import * as f from './fields.ts';
import { memorySource, type Source } from './source.ts';
import { WireReader, wire } from './wire-reader.ts';

/** Finds the bytes of a tensor that lies outside of the model file. */
export type ExternalResolver = (
  tensorName: string,
  entries: ReadonlyMap<string, string>,
  size: number,
) => Blob;

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
          graph.setInitializer(reader.message((inner) => this.tensor(inner)));
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
          const value = reader.message((inner) => this.sparse(inner));
          graph.sparseInitializers.set(value.values.name, value);
          break;
        }
        case f.graphFields.metadata:
          readEntry(reader, graph.metadata);
          break;
        default:
          reader.skip();
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
          reader.skip();
      }
    }
    return createNode(opType, inputs, outputs, { name, domain, overload, attributes, doc, metadata });
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
    let [name, ref, type] = ['', '', 0];
    while (reader.next()) {
      switch (reader.field) {
        case f.attributeFields.name:
          name = reader.text();
          break;
        case f.attributeFields.ref:
          ref = reader.text();
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
          single.tensor = { kind: 'tensor', value: reader.message((inner) => this.tensor(inner)) };
          break;
        case f.attributeFields.g:
          single.graph = { kind: 'graph', value: reader.message((inner) => this.graph(inner)) };
          break;
        case f.attributeFields.sparse:
          single.sparse = { kind: 'sparse', value: reader.message((inner) => this.sparse(inner)) };
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
          tensors.push(reader.message((inner) => this.tensor(inner)));
          break;
        case f.attributeFields.graphs:
          graphs.push(reader.message((inner) => this.graph(inner)));
          break;
        case f.attributeFields.sparses:
          sparses.push(reader.message((inner) => this.sparse(inner)));
          break;
        case f.attributeFields.types: {
          const value = reader.message(readType);
          if (value) types.push(value);
          break;
        }
        default:
          reader.skip();
      }
    }
    const kind = (Object.entries(f.attributeKinds) as [Exclude<Attribute['kind'], 'ref'>, number][]).find(
      ([, code]) => code === type,
    )?.[0];
    if (ref !== '') return [name, { kind: 'ref', of: kind ?? 'tensor', value: ref }];
    switch (kind) {
      case 'floats':
        return [name, { kind, value: floats }];
      case 'ints':
        return [name, { kind, value: ints }];
      case 'strings':
        return [name, { kind, value: strings }];
      case 'tensors':
        return [name, { kind, value: tensors }];
      case 'graphs':
        return [name, { kind, value: graphs }];
      case 'sparses':
        return [name, { kind, value: sparses }];
      case 'types':
        return [name, { kind, value: types }];
      // Proto3 leaves defaults out: an attribute of this type without a value is zero.
      case 'float':
        return [name, single.float ?? { kind, value: 0 }];
      case 'int':
        return [name, single.int ?? { kind, value: 0 }];
      case 'string':
        return [name, single.string ?? { kind, value: '' }];
      case undefined:
        return [name, untyped(single, floats, ints, strings)];
      default:
        return [name, single[kind]];
    }
  }

  tensor(reader: WireReader): Tensor {
    const dims: number[] = [];
    const strings: Uint8Array[] = [];
    const entries = new Map<string, string>();
    const metadata = new Map<string, string>();
    const values: (number | bigint)[] = [];
    let packed: { readonly blob: Blob; readonly field: number } | undefined;
    let raw: Blob | undefined;
    let [name, doc, code, location] = ['', '', 0, 0];
    while (reader.next()) {
      switch (reader.field) {
        case f.tensorFields.dims:
          reader.repeated(wire.varint, dims, (inner) => inner.number());
          break;
        case f.tensorFields.type:
          code = reader.number();
          break;
        case f.tensorFields.name:
          name = reader.text();
          break;
        case f.tensorFields.doc:
          doc = reader.text();
          break;
        case f.tensorFields.raw:
          raw = reader.blob();
          break;
        case f.tensorFields.strings:
          strings.push(reader.bytes());
          break;
        case f.tensorFields.external:
          readEntry(reader, entries);
          break;
        case f.tensorFields.location:
          location = reader.number();
          break;
        case f.tensorFields.metadata:
          readEntry(reader, metadata);
          break;
        case f.tensorFields.floats:
        case f.tensorFields.doubles:
        case f.tensorFields.int32s:
        case f.tensorFields.int64s:
        case f.tensorFields.uint64s:
          if (reader.wireType === wire.bytes) packed = { blob: reader.blob(), field: reader.field };
          else
            values.push(
              reader.wireType === wire.fixed32
                ? reader.float()
                : reader.wireType === wire.fixed64
                  ? reader.double()
                  : reader.int(),
            );
          break;
        default:
          reader.skip();
      }
    }
    const type = dataTypeOf(code);
    if (dims.some((dim) => !(dim >= 0 && Number.isSafeInteger(dim))))
      throw badTensor(name, `has the dimensions [${dims}]`);
    const count = dims.reduce((a, b) => a * b, 1);
    if (!Number.isSafeInteger(count)) throw badTensor(name, `has the dimensions [${dims}]`);
    const rest = { ...(doc === '' ? {} : { doc }), ...(metadata.size === 0 ? {} : { metadata }) };
    const size = storageBytes(type, count);
    if (type === 'string') {
      if (strings.length !== count) throw badTensor(name, `has ${strings.length} strings for [${dims}]`);
      const decode = new TextDecoder();
      return {
        name,
        type,
        dims,
        data: memoryBlob(new Uint8Array()),
        strings: strings.map((value) => decode.decode(value)),
        ...rest,
      };
    }
    if (location === 1) return { name, type, dims, data: this.#external(name, entries, size), ...rest };
    const data =
      raw ?? (packed ? unpackField(name, type, packed, count, size) : packValues(name, type, values, count));
    return { name, type, dims, data, ...rest };
  }

  sparse(reader: WireReader): SparseTensor {
    const dims: number[] = [];
    let values = tensor('', 'float', [0], []);
    let indices = tensor('', 'int64', [0], []);
    while (reader.next()) {
      switch (reader.field) {
        case f.sparseFields.values:
          values = reader.message((inner) => this.tensor(inner));
          break;
        case f.sparseFields.indices:
          indices = reader.message((inner) => this.tensor(inner));
          break;
        case f.sparseFields.dims:
          reader.repeated(wire.varint, dims, (inner) => inner.number());
          break;
        default:
          reader.skip();
      }
    }
    return { dims, values, indices };
  }

  localFunction(reader: WireReader): LocalFunction {
    const graph = new Graph('');
    const nodes: Node[] = [];
    const [attributes, opsets] = [[] as string[], new Map<string, number>()];
    const attributeDefaults = new Map<string, Attribute>();
    const metadata = new Map<string, string>();
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
          reader.skip();
      }
    }
    graph.name = name;
    graph.add(nodes);
    return { name, domain, overload, doc, opsets, attributes, attributeDefaults, graph, metadata };
  }
}

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

function readEntry(reader: WireReader, into: Map<string, string>): void {
  let [key, value] = ['', ''];
  reader.message((inner) => {
    while (inner.next()) {
      if (inner.field === f.entryFields.key) key = inner.text();
      else if (inner.field === f.entryFields.value) value = inner.text();
      else inner.skip();
    }
  });
  into.set(key, value);
}

function readValue(reader: WireReader): ValueInfo {
  let [name, doc] = ['', ''];
  let type: ValueType | undefined;
  const metadata = new Map<string, string>();
  while (reader.next()) {
    switch (reader.field) {
      case f.valueFields.name:
        name = reader.text();
        break;
      case f.valueFields.type:
        type = reader.message(readType);
        break;
      case f.valueFields.doc:
        doc = reader.text();
        break;
      case f.valueFields.metadata:
        readEntry(reader, metadata);
        break;
      default:
        reader.skip();
    }
  }
  return {
    name,
    ...(type ? { type } : {}),
    ...(doc === '' ? {} : { doc }),
    ...(metadata.size === 0 ? {} : { metadata }),
  };
}

function readType(reader: WireReader): ValueType | undefined {
  let type: ValueType | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case f.typeFields.tensor:
        type = { kind: 'tensor', ...reader.message(readTensorType) };
        break;
      case f.typeFields.sparse:
        type = { kind: 'sparse', ...reader.message(readTensorType) };
        break;
      case f.typeFields.sequence:
        type = { kind: 'sequence', element: reader.message(readElement) };
        break;
      case f.typeFields.optional:
        type = { kind: 'optional', element: reader.message(readElement) };
        break;
      case f.typeFields.map:
        type = { kind: 'map', ...reader.message(readMapType) };
        break;
      default:
        reader.skip();
    }
  }
  return type;
}

function readElement(reader: WireReader): ValueType | undefined {
  let type: ValueType | undefined;
  while (reader.next()) {
    if (reader.field === 1) type = reader.message(readType);
    else reader.skip();
  }
  return type;
}

function readMapType(reader: WireReader) {
  let key = dataTypeOf(0);
  let value: ValueType | undefined;
  while (reader.next()) {
    if (reader.field === f.mapTypeFields.key) key = dataTypeOf(reader.number());
    else if (reader.field === f.mapTypeFields.value) value = reader.message(readType);
    else reader.skip();
  }
  return { key, value };
}

function readTensorType(reader: WireReader) {
  let type = dataTypeOf(0);
  let shape: Dim[] | undefined;
  while (reader.next()) {
    if (reader.field === f.tensorTypeFields.elem) type = dataTypeOf(reader.number());
    else if (reader.field === f.tensorTypeFields.shape) shape = reader.message(readShape);
    else reader.skip();
  }
  return shape ? { type, shape } : { type };
}

function readShape(reader: WireReader): Dim[] {
  const shape: Dim[] = [];
  while (reader.next()) {
    if (reader.field === f.dimFields.dims) shape.push(reader.message(readDim));
    else reader.skip();
  }
  return shape;
}

function readDim(reader: WireReader): Dim {
  let dim: Dim = unknownDim;
  while (reader.next()) {
    if (reader.field === f.dimFields.value) {
      const value = reader.number();
      dim = value >= 0 ? value : unknownDim;
    } else if (reader.field === f.dimFields.param) dim = symbol(reader.text());
    else reader.skip();
  }
  return dim;
}

/** Typed fields hold what raw data hold: floats as they are, the rest as varints of the element (float16 as its bits; `onnx.proto`, TensorProto). */
function unpackField(
  name: string,
  type: Tensor['type'],
  packed: { readonly blob: Blob; readonly field: number },
  count: number,
  size: number,
): Blob {
  if (packed.field === f.tensorFields.floats || packed.field === f.tensorFields.doubles) {
    if (packed.blob.size !== size) throw badTensor(name, `needs ${size} bytes but has ${packed.blob.size}`);
    return packed.blob;
  }
  return lazyBlob(size, () => {
    const values: (number | bigint)[] = [];
    const reader = new WireReader(memorySource(packed.blob.read()));
    reader.wireType = wire.varint;
    while (reader.position < reader.end) values.push(reader.int());
    return packValues(name, type, values, count).read();
  });
}

function packValues(
  name: string,
  type: Tensor['type'],
  values: readonly (number | bigint)[],
  count: number,
): Blob {
  const bits = storageBytes(type, 8);
  const packedBytes = bits < 8 ? storageBytes(type, count) : count * (type.startsWith('complex') ? 2 : 1);
  if (values.length !== packedBytes)
    throw badTensor(name, `needs ${packedBytes} elements but has ${values.length}`);
  // Sub-byte integers lie packed in bytes already, half floats as bits, complex numbers as pairs.
  const stored =
    bits < 8
      ? 'uint8'
      : type === 'float16' || type === 'bfloat16'
        ? 'uint16'
        : type === 'complex64'
          ? 'float'
          : type === 'complex128'
            ? 'double'
            : type;
  if (stored === 'undefined') return memoryBlob(new Uint8Array());
  return tensor(
    name,
    stored,
    [packedBytes],
    values.map((value) => (stored === 'uint16' || stored === 'uint8' ? Number(value) & 0xffff : value)),
  ).data;
}

const badTensor = (name: string, what: string): PareError =>
  new PareError('model-damaged', `Tensor '${name}' ${what}.`, {
    hint: 'Export the model again.',
    place: { name },
  });

const notAModel = (why: string): PareError =>
  new PareError('not-a-model', `This is not an ONNX model: ${why}.`, {
    hint: "Give a file that an exporter wrote, usually with the extension '.onnx'.",
  });
