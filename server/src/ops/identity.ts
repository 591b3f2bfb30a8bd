import { defineOp, free, sameChannels } from './define.ts';
import { waveInput } from './shared/elementwise.ts';
import { withInts } from './shared/types.ts';

export const identity = defineOp({
  type: 'Identity',
  summary: 'Its input, unchanged.',
  inputs: ['input'],
  outputs: ['output'],
  attributes: {},
  infer: ({ inputs: [x], ints }) => [withInts(x, ints(0))],
  cost: free,
  gradient: ({ dy: [dy] }) => [dy],
  channels: sameChannels,
  quantize: { kind: 'transparent' },
  samples: [{ name: 'wave', inputs: [waveInput([2, 3])] }],
});
