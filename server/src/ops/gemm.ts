import { type Attribute, float, int } from '../ir/attribute.ts';
import type { Dim } from '../ir/dim.ts';
import { shapeOf, tensorType } from '../ir/value-type.ts';
import { attribute, type Coupling, defineOp } from './define.ts';
import { calculator } from './shared/calculator.ts';
import { waveInput } from './shared/elementwise.ts';

const transposed = (...names: readonly string[]) => new Map(names.map((name) => [name, int(1)]));

/** Y = alpha A' B' + beta C, where ' transposes if the attribute says so. */
export const gemm = defineOp({
  type: 'Gemm',
  summary:
    'Matrix product alpha A B + beta C, with A or B transposed where `transA` or `transB` is 1: a fully connected layer.',
  inputs: ['A', 'B', 'C?'],
  outputs: ['Y'],
  attributes: {
    alpha: attribute.float('Factor of A B.', 1),
    beta: attribute.float('Factor of C.', 1),
    transA: attribute.int('1 transposes A.', 0),
    transB: attribute.int('1 transposes B.', 0),
  },
  infer: ({ inputs: [a, b], attributes: { transA, transB }, fail }) => {
    const [left, right] = [shapeOf(a), shapeOf(b)];
    if (a?.kind !== 'tensor') return [undefined];
    if (!left || !right) return [tensorType(a.type, ['?', '?'])];
    if (left.length !== 2 || right.length !== 2)
      fail(`it multiplies matrices, but its inputs have ranks ${left.length} and ${right.length}`);
    const [m, k] = (transA ? [left[1], left[0]] : left) as readonly [Dim, Dim];
    const [inner, n] = (transB ? [right[1], right[0]] : right) as readonly [Dim, Dim];
    if (typeof k === 'number' && typeof inner === 'number' && k !== inner)
      fail(`A has ${k} columns but B has ${inner} rows`);
    return [tensorType(a.type, [m, n])];
  },
  cost: ({ inputs: [a, , c], outputs: [y], attributes: { transA }, count, dim }) => ({
    macs: count(y) * dim(a, transA ? 0 : 1),
    operations: c ? count(y) : 0,
  }),
  gradient: (context) => {
    const {
      build,
      inputs: [a, b, c],
      attributes: { alpha, beta, transA, transB },
      dy: [dy],
      wants,
    } = context;
    if (!dy) return [];
    const product = (left: string, right: string, flip: readonly [number, number], name: string) =>
      build.op(
        'Gemm',
        [left, right],
        { alpha: float(alpha), transA: int(flip[0]), transB: int(flip[1]) },
        { name },
      );
    const da = () => (transA ? product(b!, dy, [transB, 1], 'dA') : product(dy, b!, [0, 1 - transB], 'dA'));
    const db = () => (transB ? product(dy, a!, [1, transA], 'dB') : product(a!, dy, [1 - transA, 0], 'dB'));
    return [
      wants(0) ? da() : undefined,
      wants(1) ? db() : undefined,
      c && wants(2) ? (beta === 1 ? dy : calculator(context).mul(dy, beta)) : undefined,
    ];
  },
  channels: ({ inputs: [, , c], attributes: { transA, transB } }) => {
    const rank = c?.shape?.length ?? 0;
    const bias = (c?.shape ?? []).flatMap<Coupling>((size, axis) =>
      size === 1 ? [] : [{ from: { input: 2, axis }, to: { output: 0, axis: axis + 2 - rank } }],
    );
    return [
      { from: { input: 1, axis: transB ? 0 : 1 }, to: { output: 0, axis: 1 } },
      { from: { input: 0, axis: transA ? 1 : 0 }, to: { output: 0, axis: 0 } },
      { from: { input: 1, axis: transB ? 1 : 0 }, to: { input: 0, axis: transA ? 0 : 1 } },
      ...bias,
    ];
  },
  quantize: { kind: 'weighted', weight: 1, bias: 2, axis: ({ transB }) => (transB ? 0 : 1) },
  samples: [
    { name: 'plain', inputs: [waveInput([3, 4]), waveInput([4, 2]), waveInput([2])] },
    {
      name: 'B transposed',
      inputs: [waveInput([3, 4]), waveInput([2, 4]), waveInput([3, 2])],
      attributes: transposed('transB'),
    },
    {
      name: 'A transposed',
      inputs: [waveInput([4, 3]), waveInput([4, 2]), waveInput([3, 1])],
      attributes: transposed('transA'),
    },
    {
      name: 'both transposed and scaled',
      inputs: [waveInput([4, 3]), waveInput([2, 4]), waveInput([])],
      attributes: new Map<string, Attribute>([
        ...transposed('transA', 'transB'),
        ['alpha', float(0.5)],
        ['beta', float(2)],
      ]),
    },
    { name: 'without C', inputs: [waveInput([3, 4]), waveInput([4, 2])] },
  ],
});
