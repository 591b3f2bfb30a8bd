import { int } from '../../ir/attribute.ts';
import type { Loss } from './loss.ts';
import { inverseBatch, scalar, sumAll } from './shared.ts';

/**
 * Distillation (Hinton, Vinyals, Dean 2015): Kullback-Leibler divergence from the teacher's softened probabilities p to the
 * student's q, times T^2 so that gradients keep their size, mean over the batch. The target is the teacher's scores.
 * loss = T^2 sum(p (log p - log q)) / N, gradient = T (q - p) / N, with p, q = softmax(scores / T) over axis 1.
 */
export function divergence({ temperature = 1 }: { readonly temperature?: number } = {}): Loss {
  return {
    name: 'divergence',
    scores: 'Softmax',
    target: ({ shape = [] }) => ({ type: 'float', shape }),
    build: ({ build, output, target }) => {
      const soften = (scores: string) =>
        build.op('LogSoftmax', [build.op('Div', [scores, scalar(build, temperature)])], { axis: int(1) });
      const [teacher, student] = [soften(target), soften(output)];
      const [p, q] = [build.op('Exp', [teacher]), build.op('Exp', [student])];
      const inverse = inverseBatch(build, output);
      const total = sumAll(build, build.op('Mul', [p, build.op('Sub', [teacher, student])]));
      return {
        loss: build.op('Mul', [total, build.op('Mul', [inverse, scalar(build, temperature * temperature)])]),
        gradient: build.op('Mul', [
          build.op('Sub', [q, p]),
          build.op('Mul', [inverse, scalar(build, temperature)]),
        ]),
      };
    },
  };
}
