import { floats } from '../../ir/tensor.ts';
import { patternRule } from '../rule.ts';
import { floatOf, intOf } from './shared/attributes.ts';
import { foldAffine, outputChannels, refuseAffine } from './shared/fold-affine.ts';
import { layerOf } from './shared/linear-layer.ts';

/** BatchNormalization(Conv(x, W, b)) -> Conv(x, W s, (b - mean) s + shift) with s = scale / sqrt(variance + epsilon). */
export const foldBatchNormalization = patternRule({
  name: 'fold-batch-normalization',
  summary: 'BatchNormalization behind Conv, ConvTranspose or Gemm moves into its weights and bias.',
  patterns: [
    'BatchNormalization(layer:Conv|ConvTranspose|Gemm(x, #w, #b?), #scale, #shift, #mean, #variance)',
  ],
  check: (match) => {
    const { root, tensor, graph } = match;
    if (intOf(root, 'training_mode', 0) !== 0) return 'BatchNormalization is in training mode';
    if (root.outputs.slice(1).some((output) => output !== '' && graph.consumers(output).length > 0))
      return 'the running statistics are read too';
    const layer = layerOf(match);
    const channels = outputChannels(layer);
    const constants = ['scale', 'shift', 'mean', 'variance'].map(tensor);
    if (constants.some(({ type }) => type !== 'float')) return 'only float32 weights are folded';
    if (constants.some(({ dims }) => dims.length !== 1 || dims[0] !== channels))
      return `its parameters are not one a channel, of ${channels}`;
    const epsilon = floatOf(root, 'epsilon', 1e-5);
    if (floats(tensor('variance')).some((value) => !(value + epsilon > 0)))
      return 'a variance is negative or not a number';
    return refuseAffine(layer);
  },
  rewrite: (match) => {
    const { root, graph } = match;
    const epsilon = floatOf(root, 'epsilon', 1e-5);
    const read = (name: string) => floats(match.tensor(name));
    const [scale, shift, mean, variance] = [read('scale'), read('shift'), read('mean'), read('variance')];
    const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
    const layer = layerOf(match);
    foldAffine(graph, layer, {
      scale: factor,
      shift: factor.map((value, c) => shift[c]! - mean[c]! * value),
    });
    return layer.node.outputs[0]!;
  },
});
