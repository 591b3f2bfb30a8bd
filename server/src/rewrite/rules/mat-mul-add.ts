import { sameDim } from '../../ir/dim.ts';
import { patternRule } from '../rule.ts';

/** Add(MatMul(a, b), c) -> Gemm(a, b, c), for matrices. */
export const matMulAdd = patternRule({
  name: 'mat-mul-add',
  summary: 'MatMul followed by Add becomes Gemm, for matrices.',
  patterns: ['Add(product:MatMul(a, b), c)'],
  // Gemm broadcasts c without an attribute since then.
  opset: 7,
  check: (match) => {
    const { context, root, shape, type } = match;
    const [a, b, c] = [shape('a'), shape('b'), shape('c')];
    if (!a || !b || !c) return 'a shape is not known';
    if (a.length !== 2 || b.length !== 2)
      return `its operands have ranks ${a.length} and ${b.length}, Gemm takes matrices`;
    if (type('a')?.type !== 'float') return 'only float32 matrices';
    const result = context.shape(root.outputs[0]!);
    const product = [a[0]!, b[1]!];
    if (c.length > 2 || !result?.every((dim, i) => sameDim(dim, product[i]!)))
      return 'the Add grows the result';
    return undefined;
  },
  rewrite: ({ graph, node, value }) => {
    const product = node('product');
    graph.update(product, { opType: 'Gemm', inputs: [value('a'), value('b'), value('c')] });
    return product.outputs[0]!;
  },
});
