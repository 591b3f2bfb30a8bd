import type { Shape } from '../ir/dim.ts';
import { dataError } from './data-error.ts';

/**
 * How a stored sample becomes the model's: channel by channel, each of `inner` elements. `first` has a channel's elements
 * side by side, `last` has all channels of a place side by side.
 */
export interface SampleLayout {
  readonly shape: readonly number[];
  readonly channels: number;
  readonly inner: number;
  readonly stored: 'first' | 'last';
  readonly wanted: 'first' | 'last';
}

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const text = (dims: Shape) => `[${dims.join(', ')}]`;

/**
 * Fits stored samples to the shape that a model wants of each: axes of size one come and go, neighbouring axes merge and
 * split, and channels move between the last axis and the first. `channels` is the number of normalization constants.
 * Errors: `data-shape` names both shapes; `data-normalize`.
 */
export function layoutOf(
  stored: readonly number[],
  wanted: Shape | undefined,
  channels: number,
  file: string,
): SampleLayout {
  const shape = wanted ? resolveShape(stored, wanted) : stored;
  const kind = shape && fit(stored, shape);
  if (!shape || !kind)
    throw dataError(
      'data-shape',
      `A sample of '${file}' has shape ${text(stored)}; the model wants ${text(wanted!)}.`,
      file,
      'Use the data that the model was trained on, or bring the samples into its shape.',
    );
  const count = product(shape);
  if (kind !== 'same') {
    const all = kind === 'to-first' ? shape[0]! : shape.at(-1)!;
    if (channels !== 1 && channels !== all) throw badNormalization(channels, shape, file);
    return {
      shape,
      channels: all,
      inner: count / all,
      stored: kind === 'to-first' ? 'last' : 'first',
      wanted: kind === 'to-first' ? 'first' : 'last',
    };
  }
  const side = channels === 1 || shape[0] === channels ? 'first' : 'last';
  if (side === 'last' && shape.at(-1) !== channels) throw badNormalization(channels, shape, file);
  return { shape, channels, inner: count / channels, stored: side, wanted: side };
}

/** Whether `layoutOf` finds a way from one shape to the other. */
export function fitsShape(stored: readonly number[], wanted: Shape): boolean {
  const shape = resolveShape(stored, wanted);
  return shape !== undefined && fit(stored, shape) !== undefined;
}

/** The wanted shape with its unknown dimensions taken from the stored one, or undefined when there is no such shape. */
function resolveShape(stored: readonly number[], wanted: Shape): readonly number[] | undefined {
  const known = wanted.filter((dim) => typeof dim === 'number');
  if (known.length === wanted.length) return known;
  const rest = product(stored) / product(known);
  if (known.length === wanted.length - 1)
    return Number.isInteger(rest) ? wanted.map((dim) => (typeof dim === 'number' ? dim : rest)) : undefined;
  const candidates = [stored, [1, ...stored], [...stored, 1]];
  if (stored.length === 3)
    candidates.push([stored[2]!, stored[0]!, stored[1]!], [stored[1]!, stored[2]!, stored[0]!]);
  return candidates.find(
    (candidate) =>
      candidate.length === wanted.length &&
      wanted.every((dim, axis) => typeof dim !== 'number' || dim === candidate[axis]),
  );
}

function fit(
  stored: readonly number[],
  wanted: readonly number[],
): 'same' | 'to-first' | 'to-last' | undefined {
  if (product(stored) !== product(wanted)) return undefined;
  const [a, b] = [ends(stored), ends(wanted)];
  if ([...a].every((end) => b.has(end)) || [...b].every((end) => a.has(end))) return 'same';
  if (stored.length !== 3 || wanted.length !== 3) return undefined;
  const [x, y, z] = stored as [number, number, number];
  if (wanted[0] === z && wanted[1] === x && wanted[2] === y) return 'to-first';
  return wanted[0] === y && wanted[1] === z && wanted[2] === x ? 'to-last' : undefined;
}

/** Elements after each axis: one shape merges axes of the other when its ends are among the other's. */
function ends(shape: readonly number[]): ReadonlySet<number> {
  let total = 1;
  return new Set(shape.map((dim) => (total *= dim)).filter((end) => end > 1));
}

const badNormalization = (channels: number, shape: readonly number[], file: string) =>
  dataError(
    'data-normalize',
    `Normalization has ${channels} numbers, but a sample of '${file}' has shape ${text(shape)}.`,
    file,
    'Give one number, or one for each channel.',
  );
