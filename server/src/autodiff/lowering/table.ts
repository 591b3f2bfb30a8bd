import type { Node } from '../../ir/node.ts';
import { batchNormalizationGradient } from './batch-normalization.ts';
import { blockedConvGradient } from './blocked-conv.ts';
import { convGradient } from './conv.ts';
import type { Lowering } from './lowering.ts';
import { maxPoolGradient } from './max-pool.ts';

/**
 * The faster form of a node's gradient, where there is one. `block`: channels in a block of the runtime's blocked kernels,
 * where it has them.
 */
export function lowerings(block?: number): (node: Node) => Lowering | undefined {
  const blockedConv = block === undefined ? undefined : blockedConvGradient(block);
  const byOperator: Readonly<Record<string, Lowering>> = {
    BatchNormalization: batchNormalizationGradient,
    Conv: (context) => blockedConv?.(context) ?? convGradient(context),
    MaxPool: maxPoolGradient,
  };
  return (node) =>
    node.domain === '' && Object.hasOwn(byOperator, node.opType) ? byOperator[node.opType] : undefined;
}
