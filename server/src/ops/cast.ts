import { int } from '../ir/attribute.ts';
import { dataTypeCode, dataTypeOf, isFloat } from '../ir/data-type.ts';
import { type Dim, lowerBound, unknownDim } from '../ir/dim.ts';
import type { ValueType } from '../ir/value-type.ts';
import { attribute, defineOp, type GradientContext, perElement, sameChannels } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

const shapeAs = (type: ReturnType<typeof elementOf>, like: ValueType | undefined) =>
  tensorOf(type, like?.kind === 'tensor' ? like.shape : undefined);

function castInts(type: ReturnType<typeof elementOf>, values: readonly Dim[] | undefined) {
  if (!values || !type || type === 'string') return undefined;
  if (type === 'bool')
    return values.map((value) =>
      typeof value === 'number' ? Number(value !== 0) : (lowerBound(value) ?? 0) >= 1 ? 1 : unknownDim,
    );
  if (isFloat(type)) return values;
  return values.map((value) => (typeof value === 'number' ? Math.trunc(value) : value));
}

const castGradient = ({ build, inputs: [x], outputs: [y], types, dy: [dy] }: GradientContext) => {
  const [from, to] = [types(x!).type, types(y!).type];
  return dy && isFloat(from) && isFloat(to) ? [build.op('Cast', [dy], { to: int(dataTypeCode(from)) })] : [];
};

const saturate = attribute.int(
  'For 8-bit floats: 1 clamps what is too large, 0 makes it infinite or NaN.',
  1,
);
const round_mode = attribute.string('Rounding for float8e8m0: up, down or nearest.', 'up');
const quantize = { none: 'it changes the element type, so that scale and zero point lose their meaning' };

export const cast = defineOp({
  type: 'Cast',
  summary: 'Converts every element to another type; a float becomes an integer towards zero.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { to: attribute.int('Number of the element type to convert to.', 1), saturate, round_mode },
  infer: ({ inputs: [x], attributes: { to }, ints }) => {
    const type = dataTypeOf(to);
    return [withInts(shapeAs(type, x), castInts(type, ints(0)))];
  },
  cost: perElement(),
  gradient: castGradient,
  channels: sameChannels,
  quantize,
  samples: [
    { name: 'to int64', inputs: [waveInput([2, 3], 3)], attributes: new Map([['to', int(7)]]) },
    { name: 'to double', inputs: [waveInput([2, 3], 3)], attributes: new Map([['to', int(11)]]) },
  ],
});

export const castLike = defineOp({
  type: 'CastLike',
  summary: 'Converts every element of the first input to the element type of the second.',
  inputs: ['input', 'target_type'],
  outputs: ['output'],
  attributes: { saturate, round_mode },
  infer: ({ inputs: [x, like], ints }) => [
    withInts(shapeAs(elementOf(like), x), castInts(elementOf(like), ints(0))),
  ],
  cost: perElement(),
  gradient: castGradient,
  channels: ({ inputs, outputs, ...rest }) => sameChannels({ inputs: inputs.slice(0, 1), outputs, ...rest }),
  quantize,
  samples: [
    { name: 'to double', inputs: [waveInput([2, 3], 3), { type: 'double', shape: [1], values: [0] }] },
  ],
});

export const bitCast = defineOp({
  type: 'BitCast',
  summary: 'Reads the bits of every element as another type of the same width.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: { to: attribute.int('Number of the element type to read the bits as.', 1) },
  infer: ({ inputs: [x], attributes: { to } }) => [shapeAs(dataTypeOf(to), x)],
  cost: () => ({ macs: 0, operations: 0 }),
  gradient: { none: 'bits have no derivative' },
  channels: sameChannels,
  quantize,
  samples: [
    { name: 'float to int32', opset: 26, inputs: [waveInput([2, 3])], attributes: new Map([['to', int(6)]]) },
  ],
});
