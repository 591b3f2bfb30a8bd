import type { DataType } from './data-type.ts';
import type { NumericArray } from './tensor.ts';

/** A tensor at run time: what goes into a session and what comes out. */
export interface NdArray {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: NumericArray | readonly string[];
}
