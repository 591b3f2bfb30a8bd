import type { Match } from '../../rule.ts';
import type { LinearLayer } from './fold-affine.ts';

/** The layer that a pattern calls `layer:Conv|ConvTranspose|Gemm(x, #w, #b?)`. */
export const layerOf = ({ node, tensor, optional }: Match): LinearLayer => ({
  node: node('layer'),
  weights: tensor('w'),
  bias: optional('b') === undefined ? undefined : tensor('b'),
});
