import type { Builder } from '../../ir/builder.ts';
import { wave } from '../../ops/shared/elementwise.ts';
import { layerNormalization } from './layer-normalization.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const spelled = (b: Builder, axes: readonly number[], dims: readonly number[], isPower = true) => {
  const mean = (value: string) => b.op('ReduceMean', [value, b.constant('int64', [axes.length], axes)]);
  const centred = b.op('Sub', ['x', mean('x')]);
  const square = isPower
    ? b.op('Pow', [centred, b.constant('float', [], [2])])
    : b.op('Mul', [centred, centred]);
  const deviation = b.op('Sqrt', [b.op('Add', [mean(square), b.constant('float', [], [1e-3])])]);
  const count = dims.reduce((x, y) => x * y, 1);
  const scaled = b.op('Mul', [
    b.op('Div', [centred, deviation]),
    b.constant('float', dims, wave(count, 1, 2)),
  ]);
  return b.op('Add', [scaled, b.constant('float', dims, wave(count))]);
};

proves(
  layerNormalization,
  { name: 'over the last axis', inputs: { x: ['N', 3, 8] }, build: (b) => spelled(b, [-1], [8]) },
  ['LayerNormalization'],
);
proves(
  layerNormalization,
  { name: 'over two axes', inputs: { x: ['N', 3, 8] }, build: (b) => spelled(b, [2, 1], [3, 8], false) },
  ['LayerNormalization'],
);
refuses(
  layerNormalization,
  { name: 'over the channels', inputs: { x: [2, 3, 8] }, build: (b) => spelled(b, [1], [3, 1]) },
  /not over the last/,
);
refuses(
  layerNormalization,
  { name: 'an older opset', inputs: { x: [2, 8] }, opset: 16, build: (b) => b.op('Relu', ['x']) },
  'no match',
);
