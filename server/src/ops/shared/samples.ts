import type { SampleInput } from '../define.ts';

/** An int64 sample input of one axis: shapes, axes, indices; constant, so that inference sees its values. */
export const intsInput = (values: readonly number[], constant = true): SampleInput => ({
  type: 'int64',
  shape: [values.length],
  values,
  constant,
});

/** An int64 sample input of any shape that the model receives. */
export const indexInput = (shape: readonly number[], values: readonly number[]): SampleInput => ({
  type: 'int64',
  shape,
  values,
});

/** An int64 constant without axes. */
export const intInput = (value: number): SampleInput => ({
  type: 'int64',
  shape: [],
  values: [value],
  constant: true,
});

/** A constant without axes. */
export const scalarInput = (value: number, type: SampleInput['type'] = 'float'): SampleInput => ({
  type,
  shape: [],
  values: [value],
  constant: true,
});
