import type { Node } from '../../ir/node.ts';
import { batchNormalizationGradient } from './batch-normalization.ts';
import { blockedConvGradient } from './blocked-conv.ts';
import { blockedNormalizationGradient } from './blocked-normalization.ts';
import { convGradient } from './conv.ts';
import type { Lowering } from './lowering.ts';
import { maxPoolGradient } from './max-pool.ts';
import { reluGradient } from './relu.ts';

/**
 * The faster form of a node's gradient, where there is one. `block`: channels in a block of the runtime's blocked kernels,
 * where it has them.
 */
export function lowerings(block?: number): (node: Node) => Lowering | undefined {
  const inBlocks = (blocked: (block: number) => Lowering, other: Lowering): Lowering => {
    if (block === undefined) return other;
    const first = blocked(block);
    return (context) => first(context) ?? other(context);
  };
  const byOperator: Readonly<Record<string, Lowering>> = {
    BatchNormalization: inBlocks(blockedNormalizationGradient, batchNormalizationGradient),
    Conv: inBlocks(blockedConvGradient, convGradient),
    MaxPool: maxPoolGradient,
    Relu: reluGradient,
  };
  return (node) =>
    node.domain === '' && Object.hasOwn(byOperator, node.opType) ? byOperator[node.opType] : undefined;
}
