import { PareError } from '../../base/errors.ts';
import { int } from '../../ir/attribute.ts';
import { staticShape } from '../../ops/define.ts';
import type { Loss } from './loss.ts';
import { scalar, sumAll } from './shared.ts';

export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes (Szegedy et al. 2016, section 7). */
  readonly smoothing?: number;
  /** Weight of each class; 1 by default. */
  readonly weights?: readonly number[];
  /** The target gives the share of each class, in the output's shape, in place of one class. */
  readonly soft?: boolean;
}

/**
 * Cross entropy of scores [N, C, ...] with integer classes [N, ...]. With target t = (1 - s) onehot + s / C, class weights w,
 * q = t w and W = sum of w over the batch's labels (by their shares): loss = -sum(q log p) / W, gradient = (p sum_c(q) - q) / W.
 */
export function crossEntropy({ smoothing = 0, weights, soft = false }: CrossEntropyOptions = {}): Loss {
  return {
    name: 'cross-entropy',
    scores: 'Softmax',
    target: ({ shape = [] }) =>
      soft ? { type: 'float', shape } : { type: 'int32', shape: shape.filter((_, axis) => axis !== 1) },
    build: ({ build, output, type, target }) => {
      const classes = staticShape(type.shape?.slice(1, 2))?.[0];
      const rank = type.shape?.length ?? 0;
      if (classes === undefined)
        throw new PareError('loss-shape', `Cross entropy needs scores [N, classes]; '${output}' has none.`, {
          hint: 'Choose the output that holds the scores, or another loss.',
          place: { name: output },
        });
      if (weights && weights.length !== classes)
        throw new PareError(
          'loss-weights',
          `There are ${weights.length} class weights for ${classes} classes.`,
        );
      const low = smoothing / classes;
      const shares = (): string =>
        smoothing === 0
          ? target
          : build.op('Add', [build.op('Mul', [target, scalar(build, 1 - smoothing)]), scalar(build, low)]);
      const highest = (value: string) => build.op('ArgMax', [value], { axis: int(1), keepdims: int(0) });
      const labels = soft ? highest(target) : build.op('Cast', [target], { to: int(7) });
      const onehot = soft
        ? shares()
        : build.op(
            'OneHot',
            [
              labels,
              build.constant('int64', [], [classes]),
              build.constant('float', [2], [low, 1 - smoothing + low]),
            ],
            { axis: int(1) },
          );
      const classAxis = build.constant('int64', [1], [1]);
      const logs = build.op('LogSoftmax', [output], { axis: int(1) });
      const probabilities = build.op('Exp', [logs]);
      const correct = build.op('Equal', [highest(output), labels]);
      const hits = build.op('Cast', [correct], { to: int(1) });
      const metrics = { accuracy: build.op('ReduceMean', [hits], { keepdims: int(0) }) };
      if (!weights) {
        const inverse = build.op('Reciprocal', [
          build.op('Cast', [build.op('Size', [labels])], { to: int(1) }),
        ]);
        const total = sumAll(build, build.op('Mul', [onehot, logs]));
        return {
          loss: build.op('Neg', [build.op('Mul', [total, inverse])], {}, { name: 'loss' }),
          gradient: build.op('Mul', [build.op('Sub', [probabilities, onehot]), inverse]),
          metrics,
        };
      }
      const flat = build.constant('float', [classes], weights);
      const shaped = build.constant(
        'float',
        [1, classes, ...Array.from({ length: rank - 2 }, () => 1)],
        weights,
      );
      const counted = soft ? build.op('Mul', [target, shaped]) : build.op('Gather', [flat, labels]);
      const inverse = build.op('Reciprocal', [sumAll(build, counted)]);
      const weighted = build.op('Mul', [onehot, shaped]);
      const share = build.op('ReduceSum', [weighted, classAxis], { keepdims: int(1) });
      const total = sumAll(build, build.op('Mul', [weighted, logs]));
      return {
        loss: build.op('Neg', [build.op('Mul', [total, inverse])], {}, { name: 'loss' }),
        gradient: build.op('Mul', [
          build.op('Sub', [build.op('Mul', [probabilities, share]), weighted]),
          inverse,
        ]),
        metrics,
      };
    },
  };
}
