import { float } from '../../ir/attribute.ts';
import type { Lowering } from './lowering.ts';

/** So steep that every positive number but the smallest 10^-38 gives 1. */
const steep = 3e38;

/**
 * dX = dY where Y is positive. The mask is a HardSigmoid, min(max(steep y, 0), 1), for which onnxruntime takes one pass over
 * the values and a vector at a time, where a comparison and Where take twice as long.
 */
export const reluGradient: Lowering = ({ build, outputs: [y], dy: [dy] }) => {
  if (!dy) return undefined;
  const mask = build.op('HardSigmoid', [y!], { alpha: float(steep), beta: float(0) });
  return [build.op('Mul', [dy, mask], {}, { name: 'dX' })];
};
