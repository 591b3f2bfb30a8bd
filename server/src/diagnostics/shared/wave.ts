import { type Tensor, tensor } from '../../ir/tensor.ts';

/** A nameless float constant of the same values for every call of the same dims. */
export function wave(dims: readonly number[], special: Readonly<Record<number, number>> = {}): Tensor {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor(
    '',
    'float',
    dims,
    Float32Array.from({ length: count }, (_, i) => special[i] ?? Math.sin(i) / 4),
  );
}
