import { bitsOf, storageBytes } from '../../ir/data-type.ts';
import { elements, sizeOf, type Tensor } from '../../ir/tensor.ts';

/** The shortest decimal that reads back as the same 32-bit float; `nan`, `inf` and `-0` as ONNX text writes them. */
export function shortestFloat(value: number): string {
  const special = specialFloat(value);
  if (special !== undefined) return special;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return decimal(short);
  }
  return decimal(Number(value.toPrecision(9)));
}

/** The same for a 64-bit float. */
export const shortestDouble = (value: number): string => specialFloat(value) ?? decimal(value);

/** Long whole numbers with an exponent: as integers they could not be read again. */
const decimal = (value: number): string => (Math.abs(value) >= 1e15 ? value.toExponential() : String(value));

function specialFloat(value: number): string | undefined {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : undefined;
}

/** As an attribute's value, which without a point would be an integer. */
export function floatAttribute(value: number): string {
  const text = shortestFloat(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/**
 * The numbers of a tensor as ONNX text writes them, which is as the typed fields of `TensorProto` hold them: half and
 * quarter floats as their bits, sub-byte integers packed in bytes, complex numbers as pairs.
 */
export function* literals(tensor: Tensor): Generator<string> {
  const { type } = tensor;
  const as = (stored: Tensor['type'], count: number) => elements({ ...tensor, type: stored, dims: [count] });
  const count = sizeOf(tensor);
  switch (type) {
    case 'float':
    case 'complex64':
      for (const value of as('float', type === 'float' ? count : 2 * count))
        yield shortestFloat(Number(value));
      return;
    case 'double':
    case 'complex128':
      for (const value of as('double', type === 'double' ? count : 2 * count))
        yield shortestDouble(Number(value));
      return;
    case 'string':
    case 'undefined':
      return;
    default:
      for (const value of bitsOf(type) < 8 ? as('uint8', storageBytes(type, count)) : elements(tensor))
        yield String(value);
  }
}
