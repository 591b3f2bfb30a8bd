import type { Attribute } from '../ir/attribute.ts';
import { dataTypeCode } from '../ir/data-type.ts';
import { type Dim, symbol, unknownDim } from '../ir/dim.ts';
import type { Graph } from '../ir/graph.ts';
import type { LocalFunction, Model } from '../ir/model.ts';
import type { Node } from '../ir/node.ts';
import type { SparseTensor, Tensor } from '../ir/tensor.ts';
import type { DimNote, ValueInfo, ValueType } from '../ir/value-type.ts';
import { writeEntries } from './entries.ts';
import * as f from './fields.ts';
import { WireWriter } from './wire-writer.ts';

/** Where the data of a constant go: undefined keeps them in the model file. */
export type Placement = (tensor: Tensor) => ReadonlyMap<string, string> | undefined;

/** The model as a protocol buffer message (`ModelProto`). Constants are written as raw data, or where `place` puts them. */
export function writeModel(model: Model, place: Placement = () => undefined): WireWriter {
  const out = new WireWriter();
  out.int(f.modelFields.irVersion, model.irVersion);
  optionalText(out, f.modelFields.producerName, model.producerName);
  optionalText(out, f.modelFields.producerVersion, model.producerVersion);
  optionalText(out, f.modelFields.domain, model.domain);
  if (model.modelVersion !== 0) out.int(f.modelFields.modelVersion, model.modelVersion);
  optionalText(out, f.modelFields.doc, model.doc);
  out.message(f.modelFields.graph, (inner) => writeGraph(inner, model.graph, place));
  writeOpsets(out, f.modelFields.opsets, model.opsets);
  writeEntries(out, f.modelFields.metadata, model.metadata);
  for (const item of model.functions)
    out.message(f.modelFields.functions, (inner) => writeFunction(inner, item, place));
  for (const bytes of model.unknown) out.raw(bytes);
  return out;
}

/** The model as one buffer: for models that fit in memory twice. */
export function modelBytes(model: Model): Uint8Array {
  const message = writeModel(model);
  const bytes = new Uint8Array(message.size);
  let at = 0;
  for (const chunk of message.chunks()) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function writeGraph(out: WireWriter, graph: Graph, place: Placement): void {
  for (const node of graph.nodes) out.message(f.graphFields.nodes, (inner) => writeNode(inner, node, place));
  optionalText(out, f.graphFields.name, graph.name);
  for (const value of graph.initializers.values())
    out.message(f.graphFields.initializers, (inner) => writeTensor(inner, value, place));
  optionalText(out, f.graphFields.doc, graph.doc);
  for (const value of graph.inputs) out.message(f.graphFields.inputs, (inner) => writeValue(inner, value));
  for (const value of graph.outputs) out.message(f.graphFields.outputs, (inner) => writeValue(inner, value));
  for (const value of graph.valueInfo.values())
    out.message(f.graphFields.valueInfo, (inner) => writeValue(inner, value));
  for (const bytes of graph.quantizationAnnotations) out.text(f.graphFields.quantization, bytes);
  for (const value of graph.sparseInitializers.values())
    out.message(f.graphFields.sparse, (inner) => writeSparse(inner, value, place));
  writeEntries(out, f.graphFields.metadata, graph.metadata);
  for (const bytes of graph.unknown) out.raw(bytes);
}

function writeNode(out: WireWriter, node: Node, place: Placement): void {
  for (const input of node.inputs) out.text(f.nodeFields.inputs, input);
  for (const output of node.outputs) out.text(f.nodeFields.outputs, output);
  optionalText(out, f.nodeFields.name, node.name);
  optionalText(out, f.nodeFields.opType, node.opType);
  for (const [name, value] of node.attributes)
    out.message(f.nodeFields.attributes, (inner) => writeAttribute(inner, name, value, place));
  optionalText(out, f.nodeFields.doc, node.doc);
  optionalText(out, f.nodeFields.domain, node.domain);
  optionalText(out, f.nodeFields.overload, node.overload);
  writeEntries(out, f.nodeFields.metadata, node.metadata);
  rawFields(out, node.unknown);
}

function writeAttribute(out: WireWriter, name: string, attribute: Attribute, place: Placement): void {
  const a = f.attributeFields;
  out.text(a.name, name);
  switch (attribute.kind) {
    case 'float':
      out.float(a.f, attribute.value);
      break;
    case 'int':
      out.int(a.i, attribute.value);
      break;
    case 'string':
      out.text(a.s, attribute.value);
      break;
    case 'tensor':
      out.message(a.t, (inner) => writeTensor(inner, attribute.value, place));
      break;
    case 'graph':
      out.message(a.g, (inner) => writeGraph(inner, attribute.value, place));
      break;
    case 'sparse':
      out.message(a.sparse, (inner) => writeSparse(inner, attribute.value, place));
      break;
    case 'type':
      out.message(a.tp, (inner) => writeType(inner, attribute.value));
      break;
    case 'floats':
      out.packedFloats(a.floats, attribute.value);
      break;
    case 'ints':
      out.packedInts(a.ints, attribute.value);
      break;
    case 'strings':
      for (const value of attribute.value) out.text(a.strings, value);
      break;
    case 'tensors':
      for (const value of attribute.value)
        out.message(a.tensors, (inner) => writeTensor(inner, value, place));
      break;
    case 'graphs':
      for (const value of attribute.value) out.message(a.graphs, (inner) => writeGraph(inner, value, place));
      break;
    case 'sparses':
      for (const value of attribute.value)
        out.message(a.sparses, (inner) => writeSparse(inner, value, place));
      break;
    case 'types':
      for (const value of attribute.value) out.message(a.types, (inner) => writeType(inner, value));
      break;
    case 'ref':
      out.text(a.ref, attribute.value);
      break;
  }
  optionalText(out, a.doc, attribute.doc ?? '');
  out.int(a.type, f.attributeKinds[attribute.kind === 'ref' ? attribute.of : attribute.kind]);
  rawFields(out, attribute.unknown);
}

function writeTensor(out: WireWriter, tensor: Tensor, place: Placement): void {
  out.packedInts(f.tensorFields.dims, tensor.dims);
  out.int(f.tensorFields.type, dataTypeCode(tensor.type));
  optionalText(out, f.tensorFields.name, tensor.name);
  optionalText(out, f.tensorFields.doc, tensor.doc ?? '');
  if (tensor.metadata) writeEntries(out, f.tensorFields.metadata, tensor.metadata);
  rawFields(out, tensor.unknown);
  if (tensor.strings) {
    for (const value of tensor.rawStrings ?? tensor.strings) out.text(f.tensorFields.strings, value);
    return;
  }
  const placed = place(tensor);
  if (placed) {
    writeEntries(out, f.tensorFields.external, placed);
    out.int(f.tensorFields.location, 1);
  } else if (tensor.type !== 'undefined') out.blob(f.tensorFields.raw, tensor.data);
}

function writeSparse(out: WireWriter, value: SparseTensor, place: Placement): void {
  out.message(f.sparseFields.values, (inner) => writeTensor(inner, value.values, place));
  out.message(f.sparseFields.indices, (inner) => writeTensor(inner, value.indices, place));
  out.packedInts(f.sparseFields.dims, value.dims);
}

function writeFunction(out: WireWriter, item: LocalFunction, place: Placement): void {
  const names = f.functionFields;
  out.text(names.name, item.name);
  for (const { name } of item.graph.inputs) out.text(names.inputs, name);
  for (const { name } of item.graph.outputs) out.text(names.outputs, name);
  for (const name of item.attributes) out.text(names.attributes, name);
  for (const node of item.graph.nodes) out.message(names.nodes, (inner) => writeNode(inner, node, place));
  optionalText(out, names.doc, item.doc);
  writeOpsets(out, names.opsets, item.opsets);
  optionalText(out, names.domain, item.domain);
  for (const [name, value] of item.attributeDefaults)
    out.message(names.attributeDefaults, (inner) => writeAttribute(inner, name, value, place));
  for (const value of item.graph.valueInfo.values())
    out.message(names.valueInfo, (inner) => writeValue(inner, value));
  optionalText(out, names.overload, item.overload);
  writeEntries(out, names.metadata, item.metadata);
  rawFields(out, item.unknown);
}

function writeValue(out: WireWriter, value: ValueInfo): void {
  out.text(f.valueFields.name, value.name);
  const { type } = value;
  if (type) out.message(f.valueFields.type, (inner) => writeType(inner, type));
  optionalText(out, f.valueFields.doc, value.doc ?? '');
  if (value.metadata) writeEntries(out, f.valueFields.metadata, value.metadata);
  rawFields(out, value.unknown);
}

function writeType(out: WireWriter, type: ValueType): void {
  switch (type.kind) {
    case 'tensor':
    case 'sparse':
      out.message(f.typeFields[type.kind], (inner) => {
        inner.int(f.tensorTypeFields.elem, dataTypeCode(type.type));
        const { shape, notes } = type;
        // Notes of another rank belong to a shape that was replaced.
        const fitting = notes?.length === shape?.length ? notes : undefined;
        if (shape)
          inner.message(f.tensorTypeFields.shape, (dims) =>
            shape.forEach((dim, axis) => {
              dims.message(f.dimFields.dims, (entry) => writeDim(entry, dim, fitting?.[axis]));
            }),
          );
      });
      break;
    case 'sequence':
    case 'optional':
      out.message(f.typeFields[type.kind], (inner) => {
        const { element } = type;
        if (element) inner.message(f.elementField, (nested) => writeType(nested, element));
      });
      break;
    case 'map':
      out.message(f.typeFields.map, (inner) => {
        inner.int(f.mapTypeFields.key, dataTypeCode(type.key));
        const { value } = type;
        if (value) inner.message(f.mapTypeFields.value, (nested) => writeType(nested, value));
      });
      break;
  }
  optionalText(out, f.typeFields.denotation, type.denotation ?? '');
}

function writeDim(out: WireWriter, dim: Dim, note: DimNote = {}): void {
  if (typeof dim === 'number') out.int(f.dimFields.value, dim);
  else if (dim === unknownDim && note.value !== undefined) out.int(f.dimFields.value, note.value);
  else {
    const text = note.text !== undefined && symbol(note.text) === dim ? note.text : plainSymbol(dim);
    if (text !== undefined) out.text(f.dimFields.param, text);
  }
  optionalText(out, f.dimFields.denotation, note.denotation ?? '');
}

/** A dimension as a file writes it: a quoted symbol loses its quotes, an unknown one is nothing. */
export function plainSymbol(dim: string): string | undefined {
  if (dim === unknownDim) return undefined;
  return dim.startsWith("'") && dim.indexOf("'", 1) === dim.length - 1 ? dim.slice(1, -1) : dim;
}

function rawFields(out: WireWriter, fields: readonly Uint8Array[] = []): void {
  for (const bytes of fields) out.raw(bytes);
}

function writeOpsets(out: WireWriter, field: number, opsets: ReadonlyMap<string, number>): void {
  for (const [domain, version] of opsets) {
    out.message(field, (inner) => {
      optionalText(inner, f.opsetFields.domain, domain);
      inner.int(f.opsetFields.version, version);
    });
  }
}

function optionalText(out: WireWriter, field: number, value: string): void {
  if (value !== '') out.text(field, value);
}
