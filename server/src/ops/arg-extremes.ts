import { int } from '../ir/attribute.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, defineOp, type Operator, perInput, zeroGradient } from './define.ts';
import { normalizeAxis } from './shared/axes.ts';
import { waveInput } from './shared/elementwise.ts';
import { without } from './shared/reduce.ts';

/** Index of the largest or smallest element along an axis. */
export const argExtremes: readonly Operator[] = (['ArgMax', 'ArgMin'] as const).map((type) =>
  defineOp({
    type,
    summary: `Index of the ${type === 'ArgMax' ? 'largest' : 'smallest'} element along an axis.`,
    inputs: ['data'],
    outputs: ['reduced'],
    attributes: {
      axis: attribute.int('Axis to search.', 0),
      keepdims: attribute.int('1 keeps the axis with size 1.', 1),
      select_last_index: attribute.int('1 takes the last of equal elements.', 0),
    },
    infer: ({ inputs: [x], attributes: { axis, keepdims }, fail }) => {
      const shape = shapeOf(x);
      if (!shape) return [tensorType('int64')];
      return [tensorType('int64', without(shape, [normalizeAxis(axis, shape.length, fail)], keepdims !== 0))];
    },
    cost: perInput(1),
    gradient: zeroGradient,
    channels: ({ inputs: [x], attributes: { axis, keepdims } }) => {
      const rank = x?.shape?.length ?? 0;
      const searched = axis < 0 ? axis + rank : axis;
      return Array.from({ length: rank }, (_, at) => at)
        .filter((at) => at !== searched)
        .map((at) => ({
          from: { input: 0, axis: at },
          to: { output: 0, axis: keepdims || at < searched ? at : at - 1 },
        }));
    },
    quantize: { none: 'its result are indices' },
    samples: [
      { name: 'last axis', inputs: [waveInput([2, 3, 4])], attributes: new Map([['axis', int(-1)]]) },
      {
        name: 'axis dropped',
        inputs: [waveInput([2, 3, 4])],
        attributes: new Map([
          ['keepdims', int(0)],
          ['axis', int(1)],
        ]),
      },
    ],
  }),
);
