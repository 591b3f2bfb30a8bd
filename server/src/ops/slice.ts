import { ints, text } from '../ir/attribute.ts';
import { addDims, ceilDivDim, type Dim, lowerBound, maxDims, minDims, subDims } from '../ir/dim.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, type Coupling, defineOp, free, refuseGradient } from './define.ts';
import { normalizeAxis, plainInts } from './shared/axes.ts';
import { chosenElements, stridesOf } from './shared/chosen-elements.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput } from './shared/samples.ts';
import { scatterAxis } from './shared/scatter-axis.ts';
import { constantInts, int64List } from './shared/shape-values.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

/** What ONNX writes for "to the end": any number from here on. */
const farEnd = 2 ** 31 - 1;

/** Where a bound of a slice falls, between limits. */
const clamp = (bound: number, size: number, low = 0, high = size): number =>
  Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);

/**
 * In 0..size; with a negative step the start in 0..size - 1 and the end in -1..size - 1 (ONNX, Slice, which differs from
 * numpy where the start lies before the first element).
 */
const bounds = (start: number, end: number, size: number, step: number): readonly [number, number] =>
  step > 0
    ? [clamp(start, size), clamp(end, size)]
    : [clamp(start, size, 0, size - 1), clamp(end, size, -1, size - 1)];

/** Indices that a slice of an axis of known size takes. */
function slicedIndices(size: number, start: number, end: number, step: number): readonly number[] {
  const [from, to] = bounds(start, end, size, step);
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

/** Distances from the first element of what slices of these axes take, for `chosenElements`. */
function sliceOffsets(
  sizes: readonly number[],
  axes: readonly number[],
  { from, to, by }: Readonly<Record<'from' | 'to' | 'by', readonly number[]>>,
): readonly (readonly number[])[] | undefined {
  const isComplete = [from, to, by].every(({ length }) => length === axes.length);
  const strides = stridesOf(sizes);
  return isComplete
    ? sizes.map((size, axis) => {
        const at = axes.findIndex((named) => (named < 0 ? named + sizes.length : named) === axis);
        const taken =
          at < 0 ? slicedIndices(size, 0, size, 1) : slicedIndices(size, from[at]!, to[at]!, by[at]!);
        return taken.map((index) => index * strides[axis]!);
      })
    : undefined;
}

/** Size of a sliced axis, exact also for symbolic sizes and bounds; `?` where it cannot be said. */
function slicedSize(size: Dim, start: Dim, end: Dim, step: Dim): Dim {
  if (typeof step !== 'number') return '?';
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const [from, to] = bounds(start, end, size, step);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  if (step < 0) {
    const whole =
      typeof start === 'number' &&
      (start === -1 || start >= farEnd) &&
      typeof end === 'number' &&
      end <= -farEnd;
    return whole ? ceilDivDim(size, -step) : '?';
  }
  const [from, to] = [place(start, size), place(end, size)];
  if (from === undefined || to === undefined) return '?';
  return ceilDivDim(maxDims(subDims(to, from), 0), step);
}

function place(bound: Dim, size: Dim): Dim | undefined {
  if (typeof bound === 'number') {
    if (bound >= farEnd) return size;
    return bound >= 0 ? minDims(bound, size) : maxDims(addDims(size, bound), 0);
  }
  return (lowerBound(bound) ?? -1) >= 0 ? minDims(bound, size) : undefined;
}

export const slice = defineOp({
  type: 'Slice',
  summary:
    'Takes start, start + step ... up to end (excluded) of the named axes; negative numbers count from the end.',
  inputs: ['data', 'starts?', 'ends?', 'axes?', 'steps?'],
  outputs: ['output'],
  attributes: {
    starts: attribute.ints('First indices, before opset 10.'),
    ends: attribute.ints('Indices to stop before, before opset 10.'),
    axes: attribute.ints('The axes, before opset 10; the first ones by default.'),
  },
  infer: ({ inputs: [x, list], attributes, ints: known, given, fail }) => {
    const shape = shapeOf(x);
    const type = elementOf(x);
    if (!shape) return [tensorOf(type)];
    const starts = attributes.starts ?? known(1);
    const ends = attributes.ends ?? known(2);
    const count = starts?.length ?? ends?.length ?? plainInts(shapeOf(list))?.[0];
    if (count !== undefined && count > shape.length)
      fail(`it names ${count} axes of a value of rank ${shape.length}`);
    const first = count === undefined ? undefined : Array.from({ length: count }, (_, i) => i);
    const axes = plainInts(attributes.axes ?? (given(3) ? known(3) : first));
    const steps = given(4) ? known(4) : axes?.map(() => 1);
    if (!axes)
      return [
        tensorOf(
          type,
          shape.map(() => '?'),
        ),
      ];
    const result = [...shape];
    for (const [i, axis] of axes.entries()) {
      const at = normalizeAxis(axis, shape.length, fail);
      if (steps?.[i] === 0) fail('a step of 0');
      result[at] = slicedSize(shape[at]!, starts?.[i] ?? '?', ends?.[i] ?? '?', steps?.[i] ?? '?');
    }
    const [from, to, by] = [plainInts(starts), plainInts(ends), plainInts(steps)];
    const picked =
      from && to && by
        ? chosenElements(known(0), shape, (sizes) => sliceOffsets(sizes, axes, { from, to, by }))
        : undefined;
    return [withInts(tensorOf(type, result), picked)];
  },
  cost: free,
  gradient: ({ build, inputs, outputs, types, attributes, dy: [dy] }) => {
    if (!dy) return [];
    const { type, shape } = types(inputs[0]!);
    const rank = shape!.length;
    const read = (input: number) => constantInts({ build }, inputs[input]);
    const [starts, ends] = [attributes.starts ?? read(1), attributes.ends ?? read(2)];
    const axes = attributes.axes ?? read(3) ?? starts?.map((_, i) => i);
    if (!starts || !ends || !axes) return refuseGradient({ outputs }, 'its bounds are computed');
    const steps = read(4) ?? starts.map(() => 1);
    const begins = Array.from({ length: rank }, () => 0);
    const rests = Array.from({ length: rank }, () => 0);
    let gradient = dy;
    for (const [i, axis] of axes.entries()) {
      const at = axis < 0 ? axis + rank : axis;
      const size = shape![at]!;
      if (typeof size !== 'number') {
        // A symbolic axis is sliced as a whole, or not by numbers that we know.
        if (starts[i] === 0 && ends[i]! >= farEnd && steps[i] === 1) continue;
        return refuseGradient({ outputs }, `axis ${at} has the symbolic size ${size}`);
      }
      const taken = slicedIndices(size, starts[i]!, ends[i]!, steps[i]!);
      if (steps[i] === 1 && taken.length > 0) {
        begins[at] = taken[0]!;
        rests[at] = size - 1 - taken[taken.length - 1]!;
      } else {
        gradient = scatterAxis(build, gradient, int64List(build, taken), {
          type,
          axis: at,
          size,
          rank,
          indexRank: 1,
        });
      }
    }
    if ([...begins, ...rests].every((padding) => padding === 0)) return [gradient];
    return [build.op('Pad', [gradient, int64List(build, [...begins, ...rests])], { mode: text('constant') })];
  },
  channels: ({ inputs: [x], outputs: [y], attributes, constant }) => {
    const rank = x?.shape?.length ?? 0;
    const read = (given: readonly number[] | undefined, input: number) => {
      const value = constant(input);
      return given ?? (value && [...numbers(value)]);
    };
    const starts = read(attributes.starts, 1);
    const axes = read(attributes.axes, 3) ?? starts?.map((_, i) => i);
    const steps = read(undefined, 4);
    if (!starts || !axes) return [];
    const couplings: Coupling[] = [];
    for (let axis = 0; axis < rank; axis++) {
      const at = axes.findIndex((given) => (given < 0 ? given + rank : given) === axis);
      const [whole, part] = [
        { input: 0, axis },
        { output: 0, axis },
      ];
      const size = x?.shape?.[axis];
      const start = starts[at] ?? 0;
      if (
        at < 0 ||
        (size !== undefined && size !== '?' && size === y?.shape?.[axis] && (steps?.[at] ?? 1) === 1)
      )
        couplings.push({ from: whole, to: part });
      else if (typeof size === 'number' && (steps?.[at] ?? 1) === 1)
        couplings.push({ from: part, to: whole, offset: clamp(start, size) });
    }
    return couplings;
  },
  // Bounds move with the channels before them.
  resize: ({ inputs: [x], attributes, constant, kept }) => {
    const rank = x?.shape?.length ?? 0;
    const read = (given: readonly number[] | undefined, input: number) => {
      const value = constant(input);
      return given ?? (value && [...numbers(value)]);
    };
    const [starts, ends] = [read(attributes.starts, 1), read(attributes.ends, 2)];
    const axes = read(attributes.axes, 3) ?? starts?.map((_, i) => i);
    const steps = read(undefined, 4);
    if (!starts || !ends || !axes) return {};
    const moved = (bounds: readonly number[]) =>
      bounds.map((bound, i) => {
        const axis = axes[i]! < 0 ? axes[i]! + rank : axes[i]!;
        const size = x?.shape?.[axis];
        const rest = kept({ input: 0, axis });
        if (typeof size !== 'number' || rest.length === size || (steps?.[i] ?? 1) !== 1) return bound;
        const at = clamp(bound, size);
        return rest.filter((channel) => channel < at).length;
      });
    return attributes.starts
      ? { attributes: { starts: ints(moved(starts)), ends: ints(moved(ends)) } }
      : { inputs: { 1: moved(starts), 2: moved(ends) } };
  },
  quantize: { kind: 'transparent' },
  samples: [
    {
      name: 'two axes',
      inputs: [waveInput([4, 5, 6]), intsInput([1, 0]), intsInput([3, 2 ** 31]), intsInput([0, 2])],
    },
    {
      name: 'negative bounds',
      inputs: [waveInput([4, 5]), intsInput([-3]), intsInput([-1]), intsInput([1])],
    },
    {
      name: 'steps',
      inputs: [
        waveInput([7, 5]),
        intsInput([1, 4]),
        intsInput([7, -100]),
        intsInput([0, 1]),
        intsInput([2, -2]),
      ],
    },
    { name: 'outside', inputs: [waveInput([4, 5]), intsInput([-9]), intsInput([99])] },
    { name: 'nothing', inputs: [waveInput([4, 5]), intsInput([3]), intsInput([1])] },
  ],
});
