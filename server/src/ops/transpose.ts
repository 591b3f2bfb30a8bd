import { ints } from '../ir/attribute.ts';
import { shapeOf } from '../ir/value-type.ts';
import { attribute, defineOp, free } from './define.ts';
import { chosenElements, stridesOf } from './shared/chosen-elements.ts';
import { waveInput } from './shared/elementwise.ts';
import { elementOf, tensorOf, withInts } from './shared/types.ts';

/** The permutation with its default, the reverse of all axes. */
const permOf = (perm: readonly number[] | undefined, rank: number): readonly number[] =>
  perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);

export const transpose = defineOp({
  type: 'Transpose',
  summary: 'Axis i of the output is axis perm[i] of the input.',
  inputs: ['data'],
  outputs: ['transposed'],
  attributes: { perm: attribute.ints('The order of the axes; reversed by default.') },
  infer: ({ inputs: [x], attributes, ints: known, fail }) => {
    const shape = shapeOf(x);
    if (!shape) return [tensorOf(elementOf(x))];
    const perm = permOf(attributes.perm, shape.length);
    if (perm.length !== shape.length || new Set(perm).size !== perm.length)
      fail(`perm [${perm}] is no order of ${shape.length} axes`);
    const turned = perm.map(
      (axis) => shape[axis] ?? fail(`perm [${perm}] is no order of ${shape.length} axes`),
    );
    const moved = chosenElements(known(0), shape, (sizes) => {
      const strides = stridesOf(sizes);
      return perm.map((axis) => Array.from({ length: sizes[axis]! }, (_, i) => i * strides[axis]!));
    });
    return [withInts(tensorOf(elementOf(x), turned), moved)];
  },
  cost: free,
  gradient: ({ build, inputs: [x], types, attributes, dy: [dy] }) => {
    if (!dy) return [];
    const perm = permOf(attributes.perm, types(x!).shape!.length);
    return [build.op('Transpose', [dy], { perm: ints(perm.map((_, axis) => perm.indexOf(axis))) })];
  },
  channels: ({ inputs: [x], attributes }) =>
    permOf(attributes.perm, x?.shape?.length ?? 0).map((from, to) => ({
      from: { input: 0, axis: from },
      to: { output: 0, axis: to },
    })),
  quantize: { kind: 'transparent' },
  samples: [
    { name: 'reversed', inputs: [waveInput([2, 3, 4])] },
    {
      name: 'channels last',
      inputs: [waveInput([2, 3, 4, 5])],
      attributes: new Map([['perm', ints([0, 2, 3, 1])]]),
    },
    { name: 'rotated', inputs: [waveInput([2, 3, 4])], attributes: new Map([['perm', ints([1, 2, 0])]]) },
  ],
});
