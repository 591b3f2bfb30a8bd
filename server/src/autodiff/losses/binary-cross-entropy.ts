import type { Loss } from './loss.ts';
import { inverseSize, meanAll, scalar } from './shared.ts';

/**
 * Cross entropy of independent yes / no scores x with targets t in 0..1, mean over all elements. With a weight w of the
 * positive class: loss = w t softplus(-x) + (1 - t) softplus(x), gradient = (1 - t) sigmoid(x) - w t sigmoid(-x).
 */
export function binaryCrossEntropy({ positive = 1 }: { readonly positive?: number } = {}): Loss {
  return {
    name: 'binary-cross-entropy',
    scores: 'Sigmoid',
    target: ({ shape = [] }) => ({ type: 'float', shape }),
    build: ({ build, output, target }) => {
      const negative = build.op('Neg', [output]);
      const yes = build.op('Mul', [target, scalar(build, positive)]);
      const no = build.op('Sub', [scalar(build, 1), target]);
      const values = build.op('Add', [
        build.op('Mul', [yes, build.op('Softplus', [negative])]),
        build.op('Mul', [no, build.op('Softplus', [output])]),
      ]);
      const slope = build.op('Sub', [
        build.op('Mul', [no, build.op('Sigmoid', [output])]),
        build.op('Mul', [yes, build.op('Sigmoid', [negative])]),
      ]);
      return { loss: meanAll(build, values), gradient: build.op('Mul', [slope, inverseSize(build, output)]) };
    },
  };
}
