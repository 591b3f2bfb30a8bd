import { floats, type Tensor, tensor } from '../ir/tensor.ts';

/** A tensor that lives from step to step: goes in as `input`, comes out as `output`. */
export interface StateSlot {
  readonly kind: 'parameter' | 'optimizer' | 'statistics' | 'average' | 'gradient';
  /** The weight of the model that it is, or belongs to. */
  readonly weight: string;
  readonly input: string;
  readonly output: string;
  readonly dims: readonly number[];
  /** What it starts from; zeros where it is undefined. */
  readonly initial: Tensor | undefined;
}

export const slotOf = (
  kind: StateSlot['kind'],
  weight: Tensor,
  input: string,
  output: string,
  initial?: Tensor,
): StateSlot => ({ kind, weight: weight.name, input, output, dims: weight.dims, initial });

/** The first value of a state slot. */
export const initialState = (slot: StateSlot): Float32Array =>
  slot.initial ? floats(slot.initial).slice() : new Float32Array(slot.dims.reduce((a, b) => a * b, 1));

/** A state tensor as a constant of the model. */
export const weightOf = (slot: StateSlot, values: Float32Array): Tensor =>
  tensor(slot.weight, 'float', slot.dims, values);
