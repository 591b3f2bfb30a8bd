import { ints } from '../../ir/attribute.ts';
import { type Match, patternRule } from '../rule.ts';
import { intsOf } from './shared/attributes.ts';

/** Transpose(Transpose(x, p), q) -> Transpose(x, p[q]), or x where that is the identity. */
export const transposeChain = patternRule({
  name: 'transpose-chain',
  summary: 'Two Transposes in a row become one, or none.',
  patterns: ['Transpose(inner:Transpose(x))'],
  shared: true,
  check: (match) => (permutation(match) ? undefined : 'the rank is not known'),
  rewrite: (match) => {
    const perm = permutation(match)!;
    const isIdentity = perm.every((from, to) => from === to);
    return isIdentity
      ? match.value('x')
      : match.build.op('Transpose', [match.value('x')], { perm: ints(perm) });
  },
});

function permutation({ root, node, shape }: Match): readonly number[] | undefined {
  const [outer, inner] = [intsOf(root, 'perm'), intsOf(node('inner'), 'perm')];
  const rank = outer?.length ?? inner?.length ?? shape('x')?.length;
  if (rank === undefined) return undefined;
  const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return (outer ?? reversed).map((axis) => (inner ?? reversed)[axis]!);
}
