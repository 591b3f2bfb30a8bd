import { floats } from '../../ir/tensor.ts';
import { patternRule } from '../rule.ts';
import { floatOf, intOf } from './shared/attributes.ts';
import { foldAffine, outputChannels } from './shared/scale-channels.ts';

/** BatchNormalization(Conv(x, W, b)) -> Conv(x, W s, (b - mean) s + shift) with s = scale / sqrt(variance + epsilon). */
export const convBatchNormalization = patternRule({
  name: 'conv-batch-normalization',
  summary: 'BatchNormalization behind Conv or ConvTranspose moves into its weights and bias.',
  patterns: ['BatchNormalization(conv:Conv|ConvTranspose(x, #w, #b?), #scale, #shift, #mean, #variance)'],
  check: ({ root, node, tensor, graph, optional }) => {
    if (intOf(root, 'training_mode', 0) !== 0) return 'BatchNormalization is in training mode';
    if (root.outputs.slice(1).some((output) => output !== '' && graph.consumers(output).length > 0))
      return 'the running statistics are read too';
    const weights = tensor('w');
    const channels = outputChannels(node('conv'), weights);
    const constants = ['scale', 'shift', 'mean', 'variance', ...(optional('b') ? ['b'] : [])].map(tensor);
    if ([weights, ...constants].some(({ type }) => type !== 'float'))
      return 'only float32 weights are folded';
    if (constants.some(({ dims }) => dims.length !== 1 || dims[0] !== channels))
      return `its parameters are not one a channel, of ${channels}`;
    const epsilon = floatOf(root, 'epsilon', 1e-5);
    if (floats(tensor('variance')).some((value) => !(value + epsilon > 0)))
      return 'a variance is negative or not a number';
    return undefined;
  },
  rewrite: ({ root, node, tensor, graph, optional }) => {
    const epsilon = floatOf(root, 'epsilon', 1e-5);
    const [scale, shift, mean, variance] = ['scale', 'shift', 'mean', 'variance'].map((name) =>
      floats(tensor(name)),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
    const conv = node('conv');
    foldAffine(graph, conv, tensor('w'), optional('b') ? tensor('b') : undefined, {
      scale: factor,
      shift: factor.map((value, c) => shift[c]! - mean[c]! * value),
    });
    return conv.outputs[0]!;
  },
});
