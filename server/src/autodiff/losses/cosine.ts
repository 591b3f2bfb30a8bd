import { int } from '../../ir/attribute.ts';
import type { Builder } from '../../ir/builder.ts';
import type { Loss } from './loss.ts';
import { inverseBatch, scalar, sumAll } from './shared.ts';

/**
 * One minus the cosine between output x and target t, all axes but the first flattened, mean over the batch.
 * With c = <x, t> / (|x| |t|): gradient = -(t / (|x| |t|) - c x / |x|^2) / N. Norms are kept above 1e-8.
 */
export function cosineDistance(): Loss {
  return {
    name: 'cosine',
    scores: undefined,
    target: ({ shape = [] }) => ({ type: 'float', shape }),
    build: ({ build, output, type, target }) => {
      const axes = build.constant(
        'int64',
        [Math.max(0, (type.shape?.length ?? 1) - 1)],
        (type.shape ?? []).slice(1).map((_, axis) => axis + 1),
      );
      const sum = (value: string) => build.op('ReduceSum', [value, axes], { keepdims: int(1) });
      const norm = (value: string) =>
        build.op('Max', [build.op('Sqrt', [sum(build.op('Mul', [value, value]))]), scalar(build, 1e-8)]);
      const [a, b] = [norm(output), norm(target)];
      const product = build.op('Mul', [a, b]);
      const cosine = build.op('Div', [sum(build.op('Mul', [output, target])), product]);
      const slope = build.op('Sub', [
        build.op('Mul', [cosine, build.op('Div', [output, build.op('Mul', [a, a])])]),
        build.op('Div', [target, product]),
      ]);
      const inverse = inverseBatch(build, output);
      return {
        loss: sumOfOneMinus(build, cosine, inverse),
        gradient: build.op('Mul', [slope, inverse]),
      };
    },
  };
}

const sumOfOneMinus = (build: Builder, cosine: string, inverse: string): string =>
  build.op('Mul', [sumAll(build, build.op('Sub', [scalar(build, 1), cosine])), inverse]);
