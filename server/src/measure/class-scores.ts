import { RunFailed } from '../base/errors.ts';
import { fromFloat16 } from '../base/float16.ts';
import type { NdArray } from '../ir/nd-array.ts';

/** One row of scores a sample. */
export interface ClassScores {
  readonly classes: number;
  readonly scores: ArrayLike<number>;
}

/** The values of a model's output as scores [samples, classes], or undefined when it is no such output. Further axes of size one do not matter. */
export function classScores({ type, dims, data }: NdArray, samples: number): ClassScores | undefined {
  const [rows, classes, ...rest] = dims;
  if (rows !== samples || classes === undefined || classes < 2 || rest.some((dim) => dim !== 1))
    return undefined;
  switch (type) {
    case 'float':
    case 'double':
      return { classes, scores: data as ArrayLike<number> };
    case 'float16':
      return { classes, scores: Float32Array.from(data as Uint16Array, fromFloat16) };
    default:
      return undefined;
  }
}

/** The class with the highest score of row `row`, the first of equals. Throws `output-nan` for `sample` when there is none. */
export function highest(
  { classes, scores }: ClassScores,
  row: number,
  sample: number,
  output: string,
): number {
  let best = 0;
  const start = row * classes;
  for (let index = 0; index < classes; index++) {
    const score = scores[start + index]!;
    if (Number.isNaN(score))
      throw new RunFailed(
        'output-nan',
        `Output '${output}' of sample ${sample} is not a number at class ${index}.`,
        {
          hint: 'Some layer overflows: look for it with `pare compare`, and keep it in float32.',
          place: { name: output },
        },
      );
    if (score > scores[start + best]!) best = index;
  }
  return best;
}
