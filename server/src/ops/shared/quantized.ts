import type { DataType } from '../../ir/data-type.ts';
import type { None, SampleInput } from '../define.ts';

export const integersOnly: None = { none: 'it computes with integers: train before quantizing' };
export const pruneBefore: None = { none: 'prune before quantizing' };
export const isQuantized: None = { none: 'it is quantized already' };

/** Sample values of an 8-bit type: all over its range, without a pattern. */
export const bytes = (type: 'int8' | 'uint8', shape: readonly number[], seed = 0): SampleInput => ({
  type,
  shape,
  values: Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, i) => ((i * 37 + seed * 11) % 201) - (type === 'int8' ? 100 : 0),
  ),
});

/** A constant scalar, or a list of them. */
export const constant = (type: DataType, ...values: readonly number[]): SampleInput => ({
  type,
  shape: values.length === 1 ? [] : [values.length],
  values,
  constant: true,
});
