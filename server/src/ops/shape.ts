import { int } from '../ir/attribute.ts';
import { elementCount } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { withInts } from './shared/types.ts';

const none = {
  gradient: { none: 'a shape does not depend on the elements' },
  channels: { none: 'sizes are no channels; they follow the shape when it changes' },
  quantize: { none: 'it gives sizes' },
} as const;

export const shape = defineOp({
  type: 'Shape',
  summary: 'The sizes of the axes from start to end (excluded), as int64.',
  inputs: ['data'],
  outputs: ['shape'],
  attributes: {
    start: attribute.int('First axis; negative counts from the end.', 0),
    end: attribute.int('Axis to stop before; all by default.'),
  },
  infer: ({ inputs: [x], attributes: { start, end } }) => {
    const sizes = shapeOf(x);
    if (!sizes) return [tensorType('int64', ['?'])];
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + sizes.length : at, 0), sizes.length);
    const taken = sizes.slice(clamp(start), clamp(end ?? sizes.length));
    return [withInts(tensorType('int64', [taken.length]), taken)];
  },
  cost: free,
  ...none,
  samples: [
    { name: 'all', inputs: [waveInput([2, 3, 4])] },
    {
      name: 'part',
      inputs: [waveInput([2, 3, 4, 5])],
      attributes: new Map([
        ['start', int(1)],
        ['end', int(-1)],
      ]),
    },
    { name: 'nothing', inputs: [waveInput([2, 3])], attributes: new Map([['start', int(2)]]) },
  ],
});

export const size = defineOp({
  type: 'Size',
  summary: 'The number of elements, as int64.',
  inputs: ['data'],
  outputs: ['size'],
  attributes: {},
  infer: ({ inputs: [x] }) => {
    const sizes = shapeOf(x);
    return [withInts(tensorType('int64', []), sizes && [elementCount(sizes)])];
  },
  cost: free,
  ...none,
  samples: [{ name: 'wave', inputs: [waveInput([2, 3, 4])] }],
});
