import { RunFailed } from '../base/errors.ts';
import { fromFloat16 } from '../base/float16.ts';
import type { NdArray } from '../ir/nd-array.ts';

/** One row of scores a sample. */
export interface ClassScores {
  readonly classes: number;
  readonly scores: ArrayLike<number>;
}

/**
 * The values of a model's output as scores [samples, classes], or undefined when it is no such output. Further axes of size
 * one do not matter. With `yesAbove` one score a sample will do: it becomes two, of no and of yes, the first of them
 * `yesAbove`.
 */
export function classScores(value: NdArray, samples: number, yesAbove?: number): ClassScores | undefined {
  const [rows, classes = 1, ...rest] = value.dims;
  if (rows !== samples || rest.some((dim) => dim !== 1)) return undefined;
  const scores = floatsOf(value);
  if (!scores) return undefined;
  if (classes >= 2) return { classes, scores };
  if (classes !== 1 || yesAbove === undefined) return undefined;
  const both = Float32Array.from({ length: 2 * samples }, (_, i) =>
    i % 2 === 0 ? yesAbove : scores[i >> 1]!,
  );
  return { classes: 2, scores: both };
}

function floatsOf({ type, data }: NdArray): ArrayLike<number> | undefined {
  switch (type) {
    case 'float':
    case 'double':
      return data as ArrayLike<number>;
    case 'float16':
      return Float32Array.from(data as Uint16Array, fromFloat16);
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
