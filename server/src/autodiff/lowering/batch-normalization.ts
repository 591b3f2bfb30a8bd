import { int } from '../../ir/attribute.ts';
import type { Lowering } from './lowering.ts';

/**
 * Batch normalization in training mode whose second and third outputs are the batch's own statistics (momentum 0): nothing
 * is computed again. With n elements a channel, xc = x - mean, r = 1 / sqrt(var + eps):
 * dBias = sum(dy), dScale = r sum(dy xc), dx = scale r dy - (scale r^2 dScale / n) xc - scale r dBias / n.
 */
export const batchNormalizationGradient: Lowering = ({
  build,
  inputs,
  outputs,
  types,
  attributes,
  dy: [dy],
  wants,
}) => {
  const [, mean, variance] = outputs;
  if (!dy || attributes.training_mode !== 1 || attributes.momentum !== 0 || !mean || !variance)
    return undefined;
  const [x, scale] = inputs as readonly [string, string];
  const shape = types(x).shape!;
  const channels = shape[1];
  if (typeof channels !== 'number') return undefined;
  const spatial = shape.slice(2).map((_, axis) => axis + 2);
  const number = (value: number) => build.constant('float', [], [value]);
  const list = (values: readonly number[]) => build.constant('int64', [values.length], values);
  const wide = (value: string) => build.op('Reshape', [value, list([1, channels, ...spatial.map(() => 1)])]);
  const sum = (value: string) => build.op('ReduceSum', [value, list([0, ...spatial])], { keepdims: int(0) });
  const epsilon = number(attributes.epsilon as number);
  const inverse = build.op('Reciprocal', [build.op('Sqrt', [build.op('Add', [variance, epsilon])])]);
  const centred = build.op('Sub', [x, wide(mean)]);
  const dBias = sum(dy);
  const dScale = build.op('Mul', [inverse, sum(build.op('Mul', [dy, centred]))]);
  if (!wants(0)) return [undefined, dScale, dBias];
  const count = build.op('Div', [
    build.op('Cast', [build.op('Size', [x])], { to: int(1) }),
    number(channels),
  ]);
  const gain = build.op('Mul', [scale, inverse]);
  const slope = build.op('Div', [build.op('Mul', [build.op('Mul', [gain, inverse]), dScale]), count]);
  const shift = build.op('Div', [build.op('Mul', [gain, dBias]), count]);
  const along = build.op('Mul', [centred, wide(slope)]);
  const straight = build.op('Sub', [build.op('Mul', [dy, wide(gain)]), wide(shift)]);
  return [build.op('Sub', [straight, along], {}, { name: 'dX' }), dScale, dBias];
};
