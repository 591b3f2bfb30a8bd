import { memoryBlob } from '../../base/blob.ts';
import { messageOf, type TextRange } from '../../base/errors.ts';
import type { Int } from '../../ir/attribute.ts';
import { bitsOf, type DataType, dataTypes, storageBytes } from '../../ir/data-type.ts';
import { symbol, unknownDim } from '../../ir/dim.ts';
import { type SparseTensor, sizeOf, stringTensor, type Tensor, tensor } from '../../ir/tensor.ts';
import type { DimNote, ValueType } from '../../ir/value-type.ts';
import type { ExternalResolver } from '../read-tensor.ts';
import { opaqueField } from './opaque.ts';
import type { DimSyntax, Name, TensorData, TensorSyntax, TypeSyntax } from './tree.ts';

/** A type as read; one that Pare has no form for comes as the field of the file that says it. */
export interface BuiltType {
  readonly type?: ValueType;
  readonly unknown?: readonly Uint8Array[];
}

/** Makes types and tensors of their syntax. What is wrong goes to `report`, and the thing is undefined. */
export class TensorBuilder {
  readonly #external: ExternalResolver | undefined;
  readonly #report: (message: string, range: TextRange) => void;

  constructor(external: ExternalResolver | undefined, report: (message: string, range: TextRange) => void) {
    this.#external = external;
    this.#report = report;
  }

  type(syntax: TypeSyntax): BuiltType {
    switch (syntax.kind) {
      case 'tensor':
      case 'sparse': {
        const type = this.#element(syntax.element);
        return type ? { type: { kind: syntax.kind, type, ...shapeOf(syntax.shape) } } : {};
      }
      case 'sequence':
      case 'optional':
        return { type: { kind: syntax.kind, element: syntax.element && this.type(syntax.element).type } };
      case 'map': {
        const key = this.#element(syntax.key);
        return key ? { type: { kind: 'map', key, value: syntax.value && this.type(syntax.value).type } } : {};
      }
      case 'opaque':
        return { unknown: [opaqueField(syntax.domain, syntax.name)] };
    }
  }

  tensor({ type: syntax, name, data, range }: TensorSyntax): Tensor | undefined {
    const head = this.#head(syntax);
    if (!head) return undefined;
    const { type, dims } = head;
    const text = name?.text ?? '';
    switch (data.kind) {
      case 'external':
        return this.#externalTensor(text, type, dims, data);
      case 'sparse':
        this.#report('A dense tensor cannot be made of values and indices.', range);
        return undefined;
      case 'literal':
        return this.#literal(text, type, dims, data.values, data.range);
    }
  }

  sparse(name: string, syntax: TypeSyntax, data: TensorData): SparseTensor | undefined {
    if (syntax.kind !== 'sparse' || data.kind !== 'sparse' || data.parts.length !== 2) {
      this.#report(
        'A sparse tensor is written `sparse_tensor(float[9]) name = {float[2] {1, 2}, int64[2] {0, 5}}`.',
        data.range,
      );
      return undefined;
    }
    const dims = this.#dims(syntax.shape, syntax.range);
    const [values, indices] = data.parts.map((part) => this.tensor(part));
    if (!dims || !values || !indices) return undefined;
    return { dims, values: name === '' ? values : { ...values, name }, indices };
  }

  #head(syntax: TypeSyntax): { readonly type: DataType; readonly dims: readonly number[] } | undefined {
    if (syntax.kind !== 'tensor') {
      this.#report('Data need the type of a tensor, such as float[2, 3].', syntax.range);
      return undefined;
    }
    const type = this.#element(syntax.element);
    const dims = this.#dims(syntax.shape, syntax.range);
    if (!type || !dims) return undefined;
    if (!Number.isSafeInteger(sizeOf({ dims }) * 16)) {
      this.#report('The tensor is too large.', syntax.range);
      return undefined;
    }
    return { type, dims };
  }

  #dims(shape: readonly DimSyntax[] | undefined, range: TextRange): readonly number[] | undefined {
    const dims = shape?.map(({ value }) => value);
    if (dims?.every((dim): dim is number => typeof dim === 'number' && dim >= 0)) return dims;
    this.#report('A tensor with data needs a number for every dimension.', range);
    return undefined;
  }

  #element({ text, range }: Name): DataType | undefined {
    if (text in dataTypes) return text as DataType;
    this.#report(`'${text}' is no type of elements.`, range);
    return undefined;
  }

  #externalTensor(
    name: string,
    type: DataType,
    dims: readonly number[],
    data: Extract<TensorData, { kind: 'external' }>,
  ): Tensor | undefined {
    if (!this.#external) {
      this.#report('The data lie in another file, and this text has no folder.', data.range);
      return undefined;
    }
    try {
      const size = storageBytes(type, sizeOf({ dims }));
      return { name, type, dims, data: this.#external(name, data.entries, size) };
    } catch (error) {
      this.#report(messageOf(error), data.range);
      return undefined;
    }
  }

  /** Elements are written as the typed fields of `TensorProto` hold them: half floats as bits, sub-byte integers as bytes. */
  #literal(
    name: string,
    type: DataType,
    dims: readonly number[],
    values: readonly (Int | string)[],
    range: TextRange,
  ): Tensor | undefined {
    const count = sizeOf({ dims });
    const bits = bitsOf(type);
    const packed =
      bits > 0 && bits < 8 ? storageBytes(type, count) : count * (type.startsWith('complex') ? 2 : 1);
    if (values.length !== packed && values.length !== count) {
      this.#report(`${type}[${dims}] needs ${packed} elements, but here stand ${values.length}.`, range);
      return undefined;
    }
    if (type === 'string') {
      if (values.every((value) => typeof value === 'string'))
        return stringTensor(name, dims, values as string[]);
      this.#report('A tensor of strings holds strings alone.', range);
      return undefined;
    }
    const numbers = values.filter((value): value is Int => typeof value !== 'string');
    if (numbers.length !== values.length || type === 'undefined') {
      this.#report(`A tensor of type ${type} holds numbers alone.`, range);
      return undefined;
    }
    const stored = storedAs(type, values.length === packed);
    const whole = !stored.startsWith('float') && stored !== 'double';
    if (whole && numbers.some((value) => typeof value === 'number' && !Number.isInteger(value))) {
      this.#report(
        `A tensor of type ${type} holds whole numbers alone${bits === 16 ? ', the bits of its elements' : ''}.`,
        range,
      );
      return undefined;
    }
    const misfit = whole && numbers.find((value) => !fits(stored, value));
    if (misfit !== false && misfit !== undefined) {
      this.#report(`${misfit} is no ${type}.`, range);
      return undefined;
    }
    // A byte of a float8 or of packed integers may be written with a sign.
    const wrapped =
      stored === 'uint8' || stored === 'uint16' ? numbers.map((value) => Number(value) & 0xffff) : numbers;
    const { data } = tensor(name, stored, [values.length], wrapped);
    return { name, type, dims, data: memoryBlob(data.read()) };
  }
}

/** The type whose elements are written for `type`. */
function storedAs(type: DataType, packed: boolean): DataType {
  if (type === 'float16' || type === 'bfloat16') return 'uint16';
  if (type === 'complex64') return 'float';
  if (type === 'complex128') return 'double';
  if (bitsOf(type) < 8) return packed ? 'uint8' : type;
  return type.startsWith('float8') ? 'uint8' : type;
}

function fits(type: DataType, value: Int): boolean {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false;
  if (type === 'bool') return Number(value) === 0 || Number(value) === 1;
  const bits = BigInt(bitsOf(type));
  const number = BigInt(value);
  // Bit patterns are taken with and without a sign, as onnx takes them.
  const low = type === 'uint32' || type === 'uint64' ? 0n : -(2n ** (bits - 1n));
  const high = type.startsWith('u') ? 2n ** bits : 2n ** (bits - 1n);
  return number >= low && number < high;
}

function shapeOf(
  shape: readonly DimSyntax[] | undefined,
): Pick<Extract<ValueType, { kind: 'tensor' }>, 'shape' | 'notes'> {
  if (!shape) return {};
  const dims = shape.map(({ value }) =>
    value === undefined || (typeof value === 'number' && value < 0)
      ? unknownDim
      : typeof value === 'number'
        ? value
        : symbol(value),
  );
  const notes = shape.map(({ value }, axis): DimNote => {
    if (typeof value === 'number') return value < 0 ? { value } : {};
    return value !== undefined && value !== dims[axis] ? { text: value } : {};
  });
  return notes.some((note) => Object.keys(note).length > 0) ? { shape: dims, notes } : { shape: dims };
}
