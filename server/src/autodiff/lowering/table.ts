import type { Node } from '../../ir/node.ts';
import { batchNormalizationGradient } from './batch-normalization.ts';
import { convGradient } from './conv.ts';
import type { Lowering } from './lowering.ts';
import { maxPoolGradient } from './max-pool.ts';

const byOperator: Readonly<Record<string, Lowering>> = {
  BatchNormalization: batchNormalizationGradient,
  Conv: convGradient,
  MaxPool: maxPoolGradient,
};

/** The faster form of a node's gradient, where there is one. */
export const loweringOf = (node: Node): Lowering | undefined =>
  node.domain === '' && Object.hasOwn(byOperator, node.opType) ? byOperator[node.opType] : undefined;
