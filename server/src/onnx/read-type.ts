import { type DataType, dataTypeOf } from '../ir/data-type.ts';
import { type Dim, symbol, unknownDim } from '../ir/dim.ts';
import type { DimNote, ValueInfo, ValueType } from '../ir/value-type.ts';
import { extras, readEntry } from './entries.ts';
import * as f from './fields.ts';
import type { WireReader } from './wire-reader.ts';

/** Reads a `ValueInfoProto`. A type of a kind or element that Pare does not know is kept as it stands. */
export function readValue(reader: WireReader): ValueInfo {
  let [name, doc] = ['', ''];
  let type: ValueType | undefined;
  const metadata = new Map<string, string>();
  const unknown: Uint8Array[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case f.valueFields.name:
        name = reader.text();
        break;
      case f.valueFields.type:
        type = reader.message(readType);
        if (!type) unknown.push(reader.raw());
        break;
      case f.valueFields.doc:
        doc = reader.text();
        break;
      case f.valueFields.metadata:
        readEntry(reader, metadata);
        break;
      default:
        unknown.push(reader.skip());
    }
  }
  return { name, ...(type ? { type } : {}), ...extras(doc, metadata, unknown) };
}

/** Reads a `TypeProto`; undefined for one that says nothing or something that Pare does not know. */
export function readType(reader: WireReader): ValueType | undefined {
  let type: ValueType | undefined;
  let denotation = '';
  while (reader.next()) {
    switch (reader.field) {
      case f.typeFields.tensor: {
        const read = reader.message(readTensorType);
        type = read && { kind: 'tensor', ...read };
        break;
      }
      case f.typeFields.sparse: {
        const read = reader.message(readTensorType);
        type = read && { kind: 'sparse', ...read };
        break;
      }
      case f.typeFields.sequence:
        type = { kind: 'sequence', element: reader.message(readElement) };
        break;
      case f.typeFields.optional:
        type = { kind: 'optional', element: reader.message(readElement) };
        break;
      case f.typeFields.map: {
        const read = reader.message(readMapType);
        type = read && { kind: 'map', ...read };
        break;
      }
      case f.typeFields.denotation:
        denotation = reader.text();
        break;
      default:
        reader.skip();
    }
  }
  return type && denotation !== '' ? { ...type, denotation } : type;
}

/** `undefined` for a number that ONNX does not have. */
function knownType(code: number): DataType | undefined {
  const type = dataTypeOf(code);
  return type === 'undefined' && code !== 0 ? undefined : type;
}

function readElement(reader: WireReader): ValueType | undefined {
  let type: ValueType | undefined;
  while (reader.next()) {
    if (reader.field === f.elementField) type = reader.message(readType);
    else reader.skip();
  }
  return type;
}

function readMapType(reader: WireReader) {
  let key: DataType | undefined = 'undefined';
  let value: ValueType | undefined;
  while (reader.next()) {
    if (reader.field === f.mapTypeFields.key) key = knownType(reader.number());
    else if (reader.field === f.mapTypeFields.value) value = reader.message(readType);
    else reader.skip();
  }
  return key && { key, value };
}

function readTensorType(reader: WireReader) {
  let type: DataType | undefined = 'undefined';
  let shape: ReturnType<typeof readShape> | undefined;
  while (reader.next()) {
    if (reader.field === f.tensorTypeFields.elem) type = knownType(reader.number());
    else if (reader.field === f.tensorTypeFields.shape) shape = reader.message(readShape);
    else reader.skip();
  }
  return type && { type, ...shape };
}

function readShape(reader: WireReader): {
  readonly shape: readonly Dim[];
  readonly notes?: readonly DimNote[];
} {
  const shape: Dim[] = [];
  const notes: DimNote[] = [];
  while (reader.next()) {
    if (reader.field === f.dimFields.dims) {
      const { dim, note } = reader.message(readDim);
      shape.push(dim);
      notes.push(note);
    } else reader.skip();
  }
  return notes.some((note) => Object.keys(note).length > 0) ? { shape, notes } : { shape };
}

function readDim(reader: WireReader): { readonly dim: Dim; readonly note: DimNote } {
  let dim: Dim = unknownDim;
  let note: DimNote = {};
  while (reader.next()) {
    switch (reader.field) {
      case f.dimFields.value: {
        const value = reader.number();
        dim = value >= 0 ? value : unknownDim;
        if (value < 0) note = { ...note, value };
        break;
      }
      case f.dimFields.param: {
        const text = reader.text();
        dim = symbol(text);
        if (dim !== text) note = { ...note, text };
        break;
      }
      case f.dimFields.denotation:
        note = { ...note, denotation: reader.text() };
        break;
      default:
        reader.skip();
    }
  }
  return { dim, note };
}
