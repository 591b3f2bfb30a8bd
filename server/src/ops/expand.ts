import { int } from '../ir/attribute.ts';
import { type Dim, mulDims } from '../ir/dim.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf } from '../ir/value-type.ts';
import { type Coupling, defineOp, free, sameChannels } from './define.ts';
import { plainInts, unknownShape } from './shared/axes.ts';
import { broadcast } from './shared/broadcast.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput } from './shared/samples.ts';
import { constantInts, int64List } from './shared/shape-values.ts';
import { elementOf, mostInts, tensorOf, withInts } from './shared/types.ts';

/** A list of one known element, repeated to fill a shape. */
function filled(
  value: readonly Dim[] | undefined,
  shape: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  const sizes = plainInts(shape);
  const count = sizes?.reduce((a, b) => a * b, 1);
  return value?.length === 1 && count !== undefined && count >= 0 && count <= mostInts
    ? Array.from({ length: count }, () => value[0]!)
    : undefined;
}

export const expand = defineOp({
  type: 'Expand',
  summary: 'Repeats axes of size one until the tensor broadcasts to the given shape.',
  inputs: ['input', 'shape'],
  outputs: ['output'],
  attributes: {},
  infer: ({ inputs: [x, target], ints: known, fail }) => {
    const from = shapeOf(x);
    const wanted = known(1);
    const rank = wanted?.length ?? plainInts(shapeOf(target))?.[0];
    const result =
      from && rank !== undefined ? broadcast([from, wanted ?? unknownShape(rank)], fail) : undefined;
    return [withInts(tensorOf(elementOf(x), result), filled(known(0), result))];
  },
  cost: free,
  // The reverse walk sums what is broadcast.
  gradient: ({ dy: [dy] }) => [dy],
  channels: ({ inputs, outputs, ...rest }) => sameChannels({ inputs: inputs.slice(0, 1), outputs, ...rest }),
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'new axis', inputs: [waveInput([3, 1]), intsInput([2, 1, 4])] },
    { name: 'smaller target', inputs: [waveInput([2, 3]), intsInput([1, 1])] },
  ],
});

export const tile = defineOp({
  type: 'Tile',
  summary: 'Repeats the whole tensor so many times along each axis.',
  inputs: ['input', 'repeats'],
  outputs: ['output'],
  attributes: {},
  infer: ({ inputs: [x, list], ints: known, fail }) => {
    const from = shapeOf(x);
    const repeats = known(1);
    if (from && repeats && from.length !== repeats.length)
      fail(`${repeats.length} repeats for rank ${from.length}`);
    const rank = from?.length ?? repeats?.length ?? plainInts(shapeOf(list))?.[0];
    const result =
      from && repeats
        ? from.map((dim, i) => mulDims(dim, repeats[i]!))
        : rank === undefined
          ? undefined
          : unknownShape(rank);
    const values = known(0);
    const times = repeats?.[0];
    const few =
      values &&
      from?.length === 1 &&
      typeof times === 'number' &&
      times * Math.max(1, values.length) <= mostInts;
    return [
      withInts(
        tensorOf(elementOf(x), result),
        few ? Array.from({ length: Math.max(0, times) }, () => values).flat() : undefined,
      ),
    ];
  },
  cost: free,
  gradient: ({ build, inputs: [x, list], types, dy: [dy] }) => {
    const repeats = constantInts({ build }, list);
    if (!dy || !repeats) return [];
    const shape = types(x!).shape!;
    // [r0, d0, r1, d1 ...]: the copies stand on axes of their own; a symbolic axis is left for Reshape to find.
    const apart = shape.flatMap((dim, i) => [repeats[i]!, typeof dim === 'number' ? dim : -1]);
    const copies = build.op('Reshape', [dy, int64List(build, apart)]);
    const axes = int64List(
      build,
      shape.map((_, i) => 2 * i),
    );
    return [build.op('ReduceSum', [copies, axes], { keepdims: int(0) })];
  },
  channels: ({ inputs: [x], constant }) => {
    const repeats = constant(1);
    if (!repeats) return [];
    return numbers(repeats).map((times, axis): Coupling => {
      const coupling = { from: { input: 0, axis }, to: { output: 0, axis } };
      return times === 1 || x?.shape?.[axis] === 1 ? coupling : { ...coupling, tile: times };
    });
  },
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'both axes', inputs: [waveInput([2, 3]), intsInput([2, 3])] },
    { name: 'one axis', inputs: [waveInput([2, 3, 2]), intsInput([1, 2, 1])] },
  ],
});
