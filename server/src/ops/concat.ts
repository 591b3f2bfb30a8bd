import { int, ints } from '../ir/attribute.ts';
import { addDims, type Dim, exactDiv, type Shape, sameDim } from '../ir/dim.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, type ChannelRule, type Coupling, defineOp, free } from './define.ts';
import { normalizeAxis, plainInts } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { intsInput } from './shared/samples.ts';
import { int64List, zerosLike } from './shared/shape-values.ts';
import { elementOf, mostInts, tensorOf, withInts } from './shared/types.ts';

/** Which of two statements about one size says more; fails when they contradict. */
function agree(a: Dim, b: Dim, fail: () => never): Dim {
  if (a === '?' || sameDim(a, b)) return b;
  if (typeof a === 'number' && typeof b === 'number') return fail();
  return typeof b === 'number' ? b : a;
}

export const concat = defineOp({
  type: 'Concat',
  summary: 'Puts tensors one behind the other along an axis; all other axes are equal.',
  inputs: ['inputs*'],
  outputs: ['concat_result'],
  attributes: { axis: attribute.int('The axis to join.', 1) },
  infer: ({ inputs, attributes, ints: known, fail }) => {
    const type = inputs.map(elementOf).find((found) => found !== undefined);
    const shapes = inputs.map(shapeOf);
    const rank = shapes.find((shape) => shape !== undefined)?.length;
    if (rank === undefined) return [tensorOf(type)];
    const axis = normalizeAxis(attributes.axis, rank, fail);
    const result: Dim[] = [];
    for (let i = 0; i < rank; i++) {
      const sizes = shapes.map((shape) => {
        if (shape && shape.length !== rank)
          fail(`inputs of rank ${rank} and ${shape.length} cannot be joined`);
        return shape?.[i] ?? '?';
      });
      result.push(
        i === axis
          ? sizes.reduce(addDims)
          : sizes.reduce((a, b) =>
              agree(a, b, () =>
                fail(`axis ${i} has sizes ${sizes.join(', ')}, but only axis ${axis} may differ`),
              ),
            ),
      );
    }
    const parts = inputs.map((_, i) => known(i));
    const whole = rank === 1 && parts.some((part) => part) ? joined(parts, shapes) : undefined;
    return [withInts(tensorOf(type, result), whole)];
  },
  cost: free,
  gradient: ({ build, inputs, types, attributes, dy: [dy], wants }) => {
    if (!dy) return [];
    const rank = types(inputs[0]!).shape!.length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const sizes = plainInts(inputs.map((input) => types(input).shape![axis]!));
    const lengths = sizes
      ? int64List(build, sizes)
      : build.op(
          'Concat',
          inputs.map((input) => build.op('Shape', [input], { start: int(axis), end: int(axis + 1) })),
          { axis: int(0) },
        );
    const parts = build.multi('Split', [dy, lengths], inputs.length, { axis: int(axis) });
    return parts.map((part, i) => (wants(i) ? part : undefined));
  },
  channels: ({ inputs, outputs, attributes }) => {
    const rank = outputs[0]?.shape?.length ?? 0;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    return joinedCouplings(
      inputs.map((type) => type?.shape),
      axis,
      rank,
      (i) => ({ input: i }),
      { output: 0 },
    );
  },
  quantize: { kind: 'compute' },
  samples: [
    {
      name: 'channels',
      inputs: [waveInput([2, 3, 4]), waveInput([2, 1, 4], 2), waveInput([2, 2, 4], 3)],
      attributes: new Map([['axis', int(1)]]),
    },
    {
      name: 'negative axis',
      inputs: [waveInput([2, 3]), waveInput([2, 2], 2)],
      attributes: new Map([['axis', int(-1)]]),
    },
    { name: 'one', inputs: [waveInput([2, 3])], attributes: new Map([['axis', int(0)]]) },
  ],
});

/** Elements of joined lists, `?` for those of a part that is not known but for its length. */
function joined(
  parts: readonly (readonly Dim[] | undefined)[],
  shapes: readonly (Shape | undefined)[],
): readonly Dim[] | undefined {
  const result: Dim[] = [];
  for (const [i, part] of parts.entries()) {
    const length = part?.length ?? shapes[i]?.[0];
    if (typeof length !== 'number' || result.length + length > mostInts) return undefined;
    result.push(...(part ?? Array.from({ length }, () => '?')));
  }
  return result;
}

/** Couplings of parts with the axis that they are joined in, and of all other axes one to one. */
function joinedCouplings(
  parts: readonly (Shape | undefined)[],
  axis: number,
  rank: number,
  part: (index: number) => { readonly input?: number; readonly output?: number },
  whole: { readonly input?: number; readonly output?: number },
): readonly Coupling[] {
  const couplings: Coupling[] = [];
  let offset: number | undefined = 0;
  for (const [index, shape] of parts.entries()) {
    for (let i = 0; i < rank; i++) {
      if (i !== axis) couplings.push({ from: { ...part(index), axis: i }, to: { ...whole, axis: i } });
      else if (offset !== undefined)
        couplings.push({ from: { ...part(index), axis }, to: { ...whole, axis }, offset });
    }
    const size: Dim | undefined = shape?.[axis];
    offset = offset !== undefined && typeof size === 'number' ? offset + size : undefined;
  }
  return couplings;
}

const splitChannels: ChannelRule<{ readonly axis: number }> = ({ inputs: [x], outputs, attributes }) => {
  const rank = x?.shape?.length ?? 0;
  const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
  return joinedCouplings(
    outputs.map((type) => type?.shape),
    axis,
    rank,
    (i) => ({ output: i }),
    { input: 0 },
  );
};

export const split = defineOp({
  type: 'Split',
  summary: 'Cuts a tensor into parts along an axis: of the given sizes, or of equal ones.',
  inputs: ['input', 'split?'],
  outputs: ['outputs*'],
  attributes: {
    axis: attribute.int('The axis to cut.', 0),
    num_outputs: attribute.int('Number of equal parts, the last one smaller if need be (opset 18).'),
    split: attribute.ints('Sizes of the parts, before opset 13.'),
  },
  infer: ({ inputs: [x], attributes, ints: known, given, outputCount, fail }) => {
    const shape = shapeOf(x);
    const type = elementOf(x);
    const indexes = Array.from({ length: outputCount }, (_, i) => i);
    if (!shape) return indexes.map(() => tensorOf(type));
    const axis = normalizeAxis(attributes.axis, shape.length, fail);
    const total = shape[axis]!;
    const sizes = attributes.split ?? known(1) ?? (given(1) ? undefined : equalParts(total, outputCount));
    if (sizes && sizes.length !== outputCount) fail(`${sizes.length} sizes for ${outputCount} outputs`);
    const sum = sizes?.reduce<Dim>(addDims, 0);
    if (typeof sum === 'number' && typeof total === 'number' && sum !== total)
      fail(`the parts [${sizes}] do not add up to the ${total} of axis ${axis}`);
    const values = shape.length === 1 ? known(0) : undefined;
    const plain = sizes && plainInts(sizes);
    let start = 0;
    return indexes.map((i) => {
      const part = tensorOf(
        type,
        shape.map((dim, at) => (at === axis ? (sizes?.[i] ?? '?') : dim)),
      );
      if (!values || !plain) return part;
      const end = start + plain[i]!;
      const own = values.slice(start, end);
      start = end;
      return withInts(part, own);
    });
  },
  cost: free,
  gradient: (context) => {
    const {
      build,
      outputs,
      types,
      inputs: [x],
      attributes,
      dy,
    } = context;
    if (dy.every((part) => part === undefined)) return [];
    const rank = types(x!).shape!.length;
    const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    const parts = outputs.map((output, i) => dy[i] ?? zerosLike(context, output));
    return [build.op('Concat', parts, { axis: int(axis) })];
  },
  channels: splitChannels,
  // The sizes of the parts, however they were given, as those of the cut outputs.
  resize: ({ inputs: [x], outputs, attributes, kept }) => {
    const axis = attributes.axis < 0 ? attributes.axis + (x?.shape?.length ?? 0) : attributes.axis;
    const sizes = outputs.map((_, output) => kept({ output, axis }).length);
    if (attributes.split) return { attributes: { split: ints(sizes) } };
    return { attributes: { num_outputs: undefined }, inputs: { 1: sizes } };
  },
  quantize: { kind: 'transparent' },
  samples: [
    {
      name: 'equal',
      inputs: [waveInput([2, 6])],
      outputs: 3,
      attributes: new Map([
        ['axis', int(1)],
        ['num_outputs', int(3)],
      ]),
    },
    { name: 'sizes', inputs: [waveInput([5, 2]), intsInput([2, 3])], outputs: 2 },
    {
      name: 'uneven',
      inputs: [waveInput([7, 2])],
      outputs: 3,
      attributes: new Map([['num_outputs', int(3)]]),
      noBatch: 'parts of a symbolic size that does not divide evenly are not known',
    },
  ],
});

/** Parts of ceil(total / count), the last one what is left. */
function equalParts(total: Dim, count: number): readonly Dim[] | undefined {
  if (typeof total === 'string') {
    return Array.from({ length: count }, () => exactDiv(total, count) ?? '?');
  }
  const size = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) => Math.max(Math.min(size, total - i * size), 0));
}
