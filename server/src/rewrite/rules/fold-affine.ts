import { floats, sizeOf, type Tensor } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';
import { type Affine, foldAffine as fold, outputChannels, refuseAffine } from './shared/fold-affine.ts';
import { layerOf } from './shared/linear-layer.ts';

const layer = 'layer:Conv|ConvTranspose|Gemm(x, #w, #b?)';

/** Mul(Conv(x, W, b), k) -> Conv(x, k W, k b); the same with Add, Sub and Div, and behind ConvTranspose and Gemm. */
export const foldAffine = patternRule({
  name: 'fold-affine',
  summary: 'Arithmetic with a constant behind Conv, ConvTranspose or Gemm moves into its weights and bias.',
  patterns: [`Mul|Add(${layer}, #k)`, `Sub|Div(${layer}, #k)`],
  check: (match) => {
    const constant = match.tensor('k');
    if (constant.type !== 'float') return 'only float32 weights are folded';
    if (!isPerChannel(match, constant)) return `a constant of shape [${constant.dims}] is not one a channel`;
    if (match.root.opType === 'Div' && floats(constant).some((value) => value === 0))
      return 'it divides by zero';
    return refuseAffine(layerOf(match));
  },
  rewrite: (match) => {
    const linear = layerOf(match);
    fold(match.graph, linear, affineOf(match, outputChannels(linear)));
    return linear.node.outputs[0]!;
  },
});

/** True when the constant has one number a channel, or one in all, and does not grow the result. */
function isPerChannel(match: Match, { dims }: Tensor): boolean {
  const linear = layerOf(match);
  const rank = linear.weights.dims.length;
  if (dims.length > rank) return false;
  const axis = linear.node.opType === 'Gemm' ? rank - 1 : 1;
  const padded = [...Array.from({ length: rank - dims.length }, () => 1), ...dims];
  return padded.every((dim, i) => dim === 1 || (i === axis && dim === outputChannels(linear)));
}

function affineOf({ root, tensor }: Match, channels: number): Affine {
  const constant = tensor('k');
  const values = floats(constant);
  const k = Float64Array.from({ length: channels }, (_, c) => values[sizeOf(constant) === 1 ? 0 : c]!);
  const [zeros, ones] = [new Float64Array(channels), new Float64Array(channels).fill(1)];
  switch (root.opType) {
    case 'Add':
      return { scale: ones, shift: k };
    case 'Sub':
      return { scale: ones, shift: k.map((value) => -value) };
    case 'Div':
      return { scale: k.map((value) => 1 / value), shift: zeros };
    default:
      return { scale: k, shift: zeros };
  }
}
