import { float, int } from '../ir/attribute.ts';
import { attribute, type Coupling, defineOp, type SampleInput } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

const perChannel = (channels: number): readonly SampleInput[] => [
  waveInput([channels], 0.5, 1),
  waveInput([channels], 0.3),
  waveInput([channels], 0.2, 0.1),
  waveInput([channels], 0.4, 1),
];

/**
 * y = scale (x - mean) / sqrt(var + epsilon) + bias, channel by channel (axis 1).
 * In training mode mean and variance are the batch's own, and with xh = (x - mean) / sigma and n elements a channel
 * dx = scale / sigma (dy - sum(dy) / n - xh sum(dy xh) / n).
 */
export const batchNormalization = defineOp({
  type: 'BatchNormalization',
  summary:
    'Normalizes every channel by running statistics, or by the batch in training mode: scale (x - mean) / sqrt(var + epsilon) + B.',
  inputs: ['X', 'scale', 'B', 'input_mean', 'input_var'],
  outputs: ['Y', 'running_mean?', 'running_var?', 'saved_mean?', 'saved_var?'],
  attributes: {
    epsilon: attribute.float('Added to the variance.', 1e-5),
    momentum: attribute.float('What running statistics keep of their old value.', 0.9),
    training_mode: attribute.int('1 uses the statistics of the batch.', 0),
    spatial: attribute.int('Before opset 9: 0 keeps statistics per position.', 1),
  },
  infer: ({ inputs: [x, scale, , mean, variance] }) => [
    x,
    mean ?? scale,
    variance ?? scale,
    mean ?? scale,
    variance ?? scale,
  ],
  cost: ({ outputs: [y], attributes: { training_mode }, count }) => ({
    macs: 0,
    operations: count(y) * (training_mode ? 7 : 2),
  }),
  differentiable: { outputs: [0] },
  gradient: (context) => {
    const {
      build,
      inputs,
      types,
      attributes,
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const [x, scale, , mean, variance] = inputs as readonly [string, string, string, string, string];
    const m = calculator(context);
    const { shape } = types(x);
    const spatial = shape!.slice(2).map((_, i) => i + 2);
    const axes = [0, ...spatial];
    const wide = (value: string) => m.reshape(value, [-1, ...spatial.map(() => 1)]);
    const narrow = (value: string) => m.sum(value, axes, false);
    const training = attributes.training_mode === 1;
    const centre = training ? m.mean(x, axes) : wide(mean);
    const centred = m.sub(x, centre);
    const power = training ? m.mean(m.mul(centred, centred), axes) : wide(variance);
    const inverse = m.div(1, m.sqrt(m.add(power, attributes.epsilon)));
    const normal = m.mul(centred, inverse);
    const gain = m.mul(wide(scale), inverse);
    const dBias = narrow(dy);
    const dScale = narrow(m.mul(dy, normal));
    if (!training) {
      const dMean = () => m.neg(m.mul(dBias, m.reshape(gain, [-1])));
      // d/dvar of 1 / sigma is -1 / (2 sigma^3).
      const dVariance = () => m.mul(-0.5, narrow(m.mul(m.mul(dy, normal), m.mul(gain, inverse))));
      return [
        wants(0) ? m.mul(dy, gain) : undefined,
        dScale,
        dBias,
        wants(3) ? dMean() : undefined,
        wants(4) ? dVariance() : undefined,
      ];
    }
    const dx = () => {
      const average = m.mean(dy, axes);
      const along = m.mul(normal, m.mean(m.mul(dy, normal), axes));
      return build.op('Mul', [gain, m.sub(m.sub(dy, average), along)], {}, { name: 'dX' });
    };
    return [wants(0) ? dx() : undefined, dScale, dBias];
  },
  channels: ({ inputs, outputs }) => {
    const couplings: Coupling[] = [{ from: { input: 0, axis: 1 }, to: { output: 0, axis: 1 } }];
    for (let input = 1; input < 5; input++)
      if (inputs[input]) couplings.push({ from: { input, axis: 0 }, to: { output: 0, axis: 1 } });
    for (const [output, type] of outputs.entries())
      if (output > 0 && type) couplings.push({ from: { input: 0, axis: 1 }, to: { output, axis: 0 } });
    return couplings;
  },
  quantize: { none: 'fold it into the convolution before it first' },
  samples: [
    { name: 'images', inputs: [waveInput([2, 3, 4, 4]), ...perChannel(3)] },
    { name: 'features', inputs: [waveInput([4, 3]), ...perChannel(3)] },
    {
      name: 'training',
      inputs: [waveInput([3, 2, 4, 2]), ...perChannel(2)],
      outputs: 3,
      attributes: new Map([
        ['training_mode', int(1)],
        ['epsilon', float(1e-3)],
      ]),
    },
    {
      name: 'opset 9',
      opset: 9,
      inputs: [waveInput([2, 3, 4]), ...perChannel(3)],
    },
  ],
});
