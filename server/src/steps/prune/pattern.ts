/** Keep `kept` of every `group` weights that are summed together. */
export interface GroupPattern {
  readonly kept: number;
  readonly group: number;
}

/** `2:4` -> two of four are kept; undefined for `unstructured`. */
export function parsePattern(text: string): GroupPattern | undefined {
  const match = /^(\d+):(\d+)$/.exec(text);
  return match ? { kept: Number(match[1]), group: Number(match[2]) } : undefined;
}

/**
 * Marks all but the largest `kept` of every `group` neighbours along an axis (N:M sparsity: Mishra et al., "Accelerating
 * Sparse Deep Neural Networks", 2021). The axis must be divisible by the group. Among equals, those that stand first go.
 */
export function outsidePattern(
  values: Float32Array,
  dims: readonly number[],
  axis: number,
  { kept, group }: GroupPattern,
): Uint8Array {
  const marks = new Uint8Array(values.length);
  const stride = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = dims[axis]!;
  const members = new Array<number>(group);
  const size = (index: number) => {
    const magnitude = Math.abs(values[index]!);
    return Number.isNaN(magnitude) ? Number.POSITIVE_INFINITY : magnitude;
  };
  for (let outer = 0; outer < values.length; outer += length * stride) {
    for (let inner = 0; inner < stride; inner++) {
      for (let first = 0; first < length; first += group) {
        for (let k = 0; k < group; k++) members[k] = outer + inner + (first + k) * stride;
        members.sort((a, b) => size(a) - size(b) || a - b);
        for (let k = 0; k < group - kept; k++) marks[members[k]!] = 1;
      }
    }
  }
  return marks;
}
