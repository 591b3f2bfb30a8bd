import type { Shape } from '../../ir/dim.ts';
import type { ChannelRule, Coupling, GradientContext } from '../define.ts';
import { broadcast } from './broadcast.ts';
import { type Calculator, intList } from './calculator.ts';

/** Shape of numpy.matmul; undefined when a rank is unknown. Calls `fail` where the inner sizes differ. */
export function matMulShape(
  a: Shape | undefined,
  b: Shape | undefined,
  fail: (message: string) => never,
): Shape | undefined {
  if (!a || !b) return undefined;
  if (a.length === 0 || b.length === 0) return fail('it multiplies vectors and matrices, not scalars');
  const inner = [a.at(-1)!, b.length === 1 ? b[0]! : b.at(-2)!] as const;
  if (typeof inner[0] === 'number' && typeof inner[1] === 'number' && inner[0] !== inner[1])
    fail(`A has ${inner[0]} columns but B has ${inner[1]} rows`);
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)], fail)!;
  return [...batch, ...(a.length === 1 ? [] : [a.at(-2)!]), ...(b.length === 1 ? [] : [b.at(-1)!])];
}

/** dA = dY B^T and dB = A^T dY, the batch axes unreduced but where B is a matrix. */
export function matMulGradient(
  m: Calculator,
  { build, types, wants }: Pick<GradientContext, 'build' | 'types' | 'wants'>,
  [a, b]: readonly [string, string],
  dy: string,
): readonly (string | undefined)[] {
  const ranks = [types(a).shape!.length, types(b).shape!.length] as const;
  const axis = (value: string, at: number) => build.op('Unsqueeze', [value, intList(build, [at])]);
  // A vector on the left is a row, one on the right a column.
  const left = ranks[0] === 1 ? axis(a, 0) : a;
  const right = ranks[1] === 1 ? axis(b, 1) : b;
  let out = dy;
  if (ranks[1] === 1) out = axis(out, -1);
  if (ranks[0] === 1) out = axis(out, -2);
  const [leftRank, rightRank] = [Math.max(2, ranks[0]), Math.max(2, ranks[1])];
  const squeeze = (value: string, at: number) => build.op('Squeeze', [value, intList(build, [at])]);
  const da = () => {
    const full = m.matmul(out, m.transpose(right, rightRank));
    return ranks[0] === 1 ? squeeze(full, -2) : full;
  };
  const db = () => {
    const shape = types(b).shape!;
    const inner = types(a).shape!.at(-1)!;
    const columns = ranks[1] === 1 ? 1 : shape.at(-1)!;
    let full: string;
    if (rightRank === 2 && leftRank > 2 && typeof inner === 'number' && typeof columns === 'number') {
      // One product over all rows of the batch, in place of one a batch element and their sum.
      full = m.matmul(m.transpose(m.reshape(left, [-1, inner]), 2), m.reshape(out, [-1, columns]));
    } else full = m.matmul(m.transpose(left, leftRank), out);
    return ranks[1] === 1 ? squeeze(full, -1) : full;
  };
  return [wants(0) ? da() : undefined, wants(1) ? db() : undefined];
}

/** Rows of A and columns of B go through, the inner axes go together, the batch axes are each other's. */
export const matMulChannels: ChannelRule<unknown> = ({ inputs: [a, b], outputs: [y] }) => {
  const [left, right, out] = [a?.shape, b?.shape, y?.shape];
  if (!left || !right || !out) return [];
  const [leftRank, rightRank, rank] = [left.length, right.length, out.length];
  const couplings: Coupling[] = [
    { from: { input: 1, axis: rightRank === 1 ? 0 : rightRank - 2 }, to: { input: 0, axis: leftRank - 1 } },
  ];
  if (rightRank > 1)
    couplings.push({ from: { input: 1, axis: rightRank - 1 }, to: { output: 0, axis: rank - 1 } });
  if (leftRank > 1)
    couplings.push({
      from: { input: 0, axis: leftRank - 2 },
      to: { output: 0, axis: rank - (rightRank === 1 ? 1 : 2) },
    });
  const matrix = (leftRank > 1 ? 1 : 0) + (rightRank > 1 ? 1 : 0);
  for (const [input, shape] of [left, right].entries())
    for (let axis = 0; axis < shape.length - 2; axis++)
      if (shape[axis] !== 1)
        couplings.push({
          from: { input, axis },
          to: { output: 0, axis: axis + rank - matrix - (shape.length - 2) },
        });
  return couplings;
};
