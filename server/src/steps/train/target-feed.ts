import { PareError } from '../../base/errors.ts';
import type { Batch } from '../../data/dataset.ts';
import { elementCount, type Shape } from '../../ir/dim.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import type { LossName } from './loss-settings.ts';

/** An output of a model and the right answers for it. */
export interface Answer {
  readonly output: string;
  /** Of the output; undefined where it is not known. */
  readonly shape: Shape | undefined;
  readonly from: 'labels' | 'targets';
  /** Shape of one sample's answer. */
  readonly stored: readonly number[];
}

/**
 * How a batch's answers become what the loss of an output compares with. `soft` gives classes as shares, one row a sample.
 * Throws `loss-data` where loss and answers do not fit; the function throws `needs-labels` and `label-range`.
 */
export function targetFeed(
  answer: Answer,
  loss: LossName,
  { soft, smoothing }: { readonly soft: boolean; readonly smoothing: number },
): (batch: Batch) => NdArray {
  const each = answer.shape?.slice(1) ?? answer.stored;
  switch (loss) {
    case 'cross-entropy': {
      requireFit(answer, loss, 'one class', each.slice(1));
      const classes = each[0];
      return (batch) => {
        const found = classesOf(batch, answer, classes);
        const dims = dimsOf(batch, each.slice(1), answer);
        return soft && typeof classes === 'number'
          ? sharesOf(found, dims, classes)
          : { type: 'int32', dims, data: found };
      };
    }
    case 'binary': {
      const whole = answer.from === 'labels' && elementCount(each) === 1;
      if (!whole) requireFit(answer, loss, 'a value from 0 to 1', each);
      return (batch) => {
        const values = whole ? Float32Array.from(classesOf(batch, answer, 2)) : floatsOf(batch, answer);
        const at = values.findIndex((value) => !(value >= 0 && value <= 1));
        if (at >= 0) throw outOfRange(batch, at, values.length, `${values[at]}`, '`binary` takes 0 to 1');
        const data = smoothing === 0 ? values : values.map((t) => t * (1 - smoothing) + smoothing / 2);
        return { type: 'float', dims: dimsOf(batch, each, answer), data };
      };
    }
    default:
      requireFit(answer, loss, 'values', each);
      return (batch) => ({
        type: 'float',
        dims: dimsOf(batch, each, answer),
        data: floatsOf(batch, answer),
      });
  }
}

/** The shape that the loss compares, where the model says it, else that of the data. */
const dimsOf = ({ indices }: Batch, each: Shape, { stored }: Answer): readonly number[] => [
  indices.length,
  ...(each.every((dim) => typeof dim === 'number') ? each : stored),
];

/** Values need `targets`; classes may be labels, which are one a sample. The numbers of elements must agree. */
function requireFit(answer: Answer, loss: LossName, what: string, wanted: Shape): void {
  const { from, output, stored, shape } = answer;
  const [given, needed] = [elementCount(stored), elementCount(wanted)];
  const classes = loss === 'cross-entropy';
  if (classes && shape && (shape.length < 2 || shape[1] === 1))
    throw misfit(output, `'${loss}' needs scores [N, classes]; '${output}' is [${shape.join(', ')}]`);
  if (from === 'labels' && !classes)
    throw misfit(output, `'${loss}' compares '${output}' with ${what}, and the data have classes`);
  if (typeof given === 'number' && typeof needed === 'number' && given !== needed)
    throw misfit(
      output,
      `'${loss}' wants ${what}${needed === 1 ? '' : ` for each of [${wanted.join(', ')}]`} a sample of '${output}', and the data have [${stored.join(', ')}]`,
    );
}

const misfit = (output: string, message: string): PareError =>
  new PareError('loss-data', `${message}.`, {
    hint: "Choose another `loss`, or give the answers as 'targets' of the data, by the output's name.",
    place: { name: output },
  });

function classesOf(batch: Batch, { from, output }: Answer, classes: Shape[number] | undefined): Int32Array {
  const given = from === 'labels' ? batch.labels : batch.targets?.[output]?.data;
  if (!given)
    throw new PareError('needs-labels', 'Training a classifier needs the class of every sample.', {
      hint: "Add 'labels' to 'data.train'.",
    });
  const values = given as ArrayLike<number>;
  const found = Int32Array.from(values);
  const most = typeof classes === 'number' ? classes : Number.POSITIVE_INFINITY;
  const at = found.findIndex((label, i) => label !== values[i] || label < 0 || label >= most);
  if (at < 0) return found;
  throw outOfRange(batch, at, found.length, `of class ${values[at]}`, `the model has ${classes}`);
}

function outOfRange(batch: Batch, at: number, count: number, is: string, has: string): PareError {
  const sample = batch.indices[Math.floor((at * batch.indices.length) / count)];
  return new PareError('label-range', `Sample ${sample} is ${is}; ${has}.`, {
    hint: 'Give the answers that the model was made for, or choose another `loss`.',
  });
}

function floatsOf({ targets }: Batch, { output }: Answer): Float32Array {
  const found = targets?.[output];
  if (found) return Float32Array.from(found.data as ArrayLike<number>);
  throw new PareError('needs-labels', `The data have no targets for the output '${output}'.`);
}

/** Rows of shares: 1 at the class. `dims` are those of the classes, [N, ...]; the result is [N, classes, ...]. */
function sharesOf(found: Int32Array, [samples = 0, ...rest]: readonly number[], classes: number): NdArray {
  const places = rest.reduce((a, b) => a * b, 1);
  const data = new Float32Array(samples * classes * places);
  for (const [i, label] of found.entries()) {
    const sample = Math.floor(i / places);
    data[(sample * classes + label) * places + (i % places)] = 1;
  }
  return { type: 'float', dims: [samples, classes, ...rest], data };
}
