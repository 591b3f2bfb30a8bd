import { int, ints } from '../ir/attribute.ts';
import { type Dim, elementCount, exactDiv, mulDims, type Shape } from '../ir/dim.ts';
import { numbers } from '../ir/tensor.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, type ChannelRule, defineOp, free, type GradientRule } from './define.ts';
import { axesOf, normalizeAxis, unknownShape } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { reshapeCouplings } from './shared/reshape-axes.ts';
import { intsInput } from './shared/samples.ts';
import { shapeValue } from './shared/shape-values.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

/** Operators that give the same elements in the same order another shape: their gradient goes back to the input's shape. */
const reshapeBack: GradientRule<unknown> = (context) => {
  const [x, dy] = [context.inputs[0]!, context.dy[0]];
  // A 0 would copy the axis of dY, which may be another one.
  const empty = context.types(x).shape?.includes(0);
  const settings = empty ? { allowzero: int(1) } : {};
  return dy ? [context.build.op('Reshape', [dy, shapeValue(context, x)], settings)] : [];
};
const reshapedChannels: ChannelRule<unknown> = ({ inputs: [x], outputs: [y] }) =>
  reshapeCouplings(x?.shape, y?.shape);

const transparent = { kind: 'transparent' } as const;

export const reshape = defineOp({
  type: 'Reshape',
  summary:
    'The same elements in another shape; -1 stands for what is left over, 0 for the size of that input axis.',
  inputs: ['data', 'shape?'],
  outputs: ['reshaped'],
  attributes: {
    allowzero: attribute.int('1: a 0 in the shape is an empty axis instead of a copied one.', 0),
    shape: attribute.ints('The shape, before opset 5.'),
  },
  infer: ({ inputs: [x, target], attributes, ints, fail }) => {
    const type = elementOf(x);
    if (!type) return [];
    const wanted = attributes.shape ?? ints(1);
    if (!wanted) {
      const rank = shapeOf(target)?.[0];
      return [tensorType(type, typeof rank === 'number' ? unknownShape(rank) : undefined)];
    }
    const from = shapeOf(x);
    return [withInts(tensorType(type, reshaped(from, wanted, attributes.allowzero !== 0, fail)), ints(0))];
  },
  cost: free,
  gradient: reshapeBack,
  channels: reshapedChannels,
  resize: ({ outputs: [y], attributes, constant, kept }) => {
    const given = constant(1);
    const wanted = attributes.shape ?? (given && numbers(given));
    if (!wanted) return {};
    const sizes = wanted.map((dim, axis) =>
      dim > 0 && y?.shape?.[axis] === dim ? kept({ output: 0, axis }).length : dim,
    );
    return attributes.shape ? { attributes: { shape: ints(sizes) } } : { inputs: { 1: sizes } };
  },
  quantize: transparent,
  samples: [
    { name: 'inferred axis', inputs: [waveInput([2, 3, 4]), intsInput([4, -1])] },
    { name: 'copied axis', inputs: [waveInput([2, 3, 4]), intsInput([0, -1, 2])] },
    { name: 'flattened channels', inputs: [waveInput([2, 3, 2, 2]), intsInput([-1, 12])] },
    { name: 'axes merged', inputs: [waveInput([2, 3, 2, 2]), intsInput([2, 3, 4])] },
    { name: 'to a scalar', inputs: [waveInput([1, 1]), intsInput([])] },
    {
      name: 'empty axis',
      noBatch: 'a batch is not empty',
      inputs: [waveInput([0, 3]), intsInput([3, 0, 2])],
      attributes: new Map([['allowzero', int(1)]]),
    },
  ],
});

/** The target with -1 and 0 resolved; an unknown axis where they cannot be. */
function reshaped(
  from: Shape | undefined,
  wanted: readonly Dim[],
  allowZero: boolean,
  fail: (message: string) => never,
): Shape {
  if (wanted.filter((dim) => dim === -1).length > 1) fail('the shape has more than one -1');
  if (wanted.some((dim) => typeof dim === 'number' && dim < -1)) fail(`[${wanted}] is no shape`);
  const copied = wanted.map((dim, axis) => {
    if (dim !== 0 || allowZero) return dim;
    if (from && axis >= from.length) fail(`axis ${axis} is copied, but the input has rank ${from.length}`);
    return from?.[axis] ?? '?';
  });
  const rest = copied.filter((dim) => dim !== -1);
  const [total, product] = [from && elementCount(from), elementCount(rest)];
  if (rest.length === copied.length) {
    if (typeof total === 'number' && typeof product === 'number' && total !== product)
      fail(`${total} elements of [${from}] do not fit the shape [${copied}] of ${product}`);
    return copied;
  }
  return copied.map((dim, axis) => {
    if (dim !== -1) return dim;
    if (typeof total === 'number' && typeof product === 'number') {
      if (product === 0) return 0;
      return total % product === 0
        ? total / product
        : fail(`${total} elements of [${from}] do not fit the shape [${wanted}]`);
    }
    return leftOver(from, copied, axis);
  });
}

/** The size of the -1 axis among symbolic ones: common factors are taken out even where an axis is unknown altogether. */
function leftOver(from: Shape | undefined, wanted: readonly Dim[], axis: number): Dim {
  if (!from) return '?';
  const own = from.map((dim, i) => ({ dim, i }));
  const others: Dim[] = [];
  for (const [i, dim] of wanted.entries()) {
    if (i === axis) continue;
    // A 0 copies that very axis, unknown or not.
    const twin = own.findIndex((item) => (dim === '?' ? item.i === i && item.dim === '?' : item.dim === dim));
    if (twin >= 0) own.splice(twin, 1);
    else others.push(dim);
  }
  const total = own.reduce<Dim>((product, { dim }) => mulDims(product, dim), 1);
  return exactDiv(total, elementCount(others)) ?? '?';
}

export const flatten = defineOp({
  type: 'Flatten',
  summary: 'Two axes: the product of the axes before `axis`, and of the rest.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { axis: attribute.int('The first axis that goes into the second axis of the output.', 1) },
  infer: ({ inputs: [x], attributes: { axis }, ints, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x), unknownShape(2))];
    const at = axis === shape.length ? axis : normalizeAxis(axis, shape.length, fail);
    return [
      withInts(
        tensorOf(elementOf(x), [elementCount(shape.slice(0, at)), elementCount(shape.slice(at))]),
        ints(0),
      ),
    ];
  },
  cost: free,
  gradient: reshapeBack,
  channels: reshapedChannels,
  quantize: transparent,
  samples: [
    { name: 'default axis', inputs: [waveInput([2, 3, 4])] },
    { name: 'axis 0', inputs: [waveInput([2, 3])], attributes: new Map([['axis', int(0)]]) },
    { name: 'negative axis', inputs: [waveInput([2, 3, 4])], attributes: new Map([['axis', int(-1)]]) },
  ],
});

export const squeeze = defineOp({
  type: 'Squeeze',
  summary: 'Removes axes of size one: those that are named, or all of them.',
  inputs: ['data', 'axes?'],
  outputs: ['squeezed'],
  attributes: { axes: attribute.ints('The axes to remove, before opset 13.') },
  infer: (context) => {
    const {
      inputs: [x],
      ints,
      fail,
    } = context;
    const shape = shapeOf(x);
    const axes = axesOf(context, 1);
    const type = elementOf(x);
    // Without a list a symbolic axis may or may not go.
    if (!shape || !axes || (axes.length === 0 && shape.some((dim) => typeof dim === 'string')))
      return [withInts(tensorOf(type), ints(0))];
    const gone = new Set(axes.map((axis) => normalizeAxis(axis, shape.length, fail)));
    for (const axis of gone)
      if (typeof shape[axis] === 'number' && shape[axis] !== 1)
        fail(`axis ${axis} has size ${shape[axis]}, not 1`);
    const kept = shape.filter((dim, axis) => (gone.size > 0 ? !gone.has(axis) : dim !== 1));
    return [withInts(tensorOf(type, kept), ints(0))];
  },
  cost: free,
  gradient: reshapeBack,
  channels: reshapedChannels,
  // An axis that is cut to one channel must stay, so the axes are named.
  resize: ({ inputs: [x], attributes, constant }) => {
    const axes = (x?.shape ?? []).flatMap((dim, axis) => (dim === 1 ? [axis] : []));
    return attributes.axes || constant(1) ? {} : { inputs: { 1: axes } };
  },
  quantize: transparent,
  samples: [
    {
      name: 'all',
      inputs: [waveInput([1, 3, 1, 2])],
      noBatch: 'a symbolic axis may or may not go',
    },
    { name: 'named', inputs: [waveInput([1, 3, 1, 2]), intsInput([-2])] },
  ],
});

export const unsqueeze = defineOp({
  type: 'Unsqueeze',
  summary: 'Puts in axes of size one; `axes` are their places in the output.',
  inputs: ['data', 'axes?'],
  outputs: ['expanded'],
  attributes: { axes: attribute.ints('Where the new axes stand, before opset 13.') },
  infer: (context) => {
    const {
      inputs: [x, list],
      ints,
      fail,
    } = context;
    const shape = shapeOf(x);
    const axes = axesOf(context, 1);
    const type = elementOf(x);
    if (!shape || !axes) {
      const count = shapeOf(list)?.[0];
      const rank = shape && typeof count === 'number' ? shape.length + count : undefined;
      return [withInts(tensorOf(type, rank === undefined ? undefined : unknownShape(rank)), ints(0))];
    }
    const rank = shape.length + axes.length;
    const added = new Set(axes.map((axis) => normalizeAxis(axis, rank, fail)));
    if (added.size !== axes.length) fail('axes are named twice');
    const rest = [...shape];
    const result = Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
    return [withInts(tensorOf(type, result), ints(0))];
  },
  cost: free,
  gradient: reshapeBack,
  channels: reshapedChannels,
  quantize: transparent,
  samples: [
    { name: 'front and back', inputs: [waveInput([3, 2]), intsInput([0, -1])] },
    { name: 'middle', inputs: [waveInput([3, 2]), intsInput([1])] },
  ],
});
