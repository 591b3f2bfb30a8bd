import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDims,
  ceilDivDim,
  type Dim,
  exactDiv,
  floorDivDim,
  lowerBound,
  maxDims,
  mulDims,
  subDims,
  substitute,
  symbol,
} from './dim.ts';

/** An expression both as a dimension over N and M and as a function of their values. */
type Expression = { readonly dim: Dim; readonly value: (n: number, m: number) => number };

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map((size) => ({ dim: size as Dim, value: () => size })),
  fc.constant({ dim: 'N' as Dim, value: (n: number) => n }),
  fc.constant({ dim: 'M' as Dim, value: (_: number, m: number) => m }),
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(fc.constantFrom('+', '-', '*', 'floor', 'ceil', 'max'), tie('expression'), tie('expression'))
      .map(([op, a, b]): Expression => {
        switch (op) {
          case '+':
            return { dim: addDims(a.dim, b.dim), value: (n, m) => a.value(n, m) + b.value(n, m) };
          case '-':
            return { dim: subDims(a.dim, b.dim), value: (n, m) => a.value(n, m) - b.value(n, m) };
          case '*':
            return { dim: mulDims(a.dim, b.dim), value: (n, m) => a.value(n, m) * b.value(n, m) };
          case 'max':
            return { dim: maxDims(a.dim, b.dim), value: (n, m) => Math.max(a.value(n, m), b.value(n, m)) };
          case 'floor':
            return { dim: floorDivDim(a.dim, 3), value: (n, m) => Math.floor(a.value(n, m) / 3) };
          default:
            return { dim: ceilDivDim(a.dim, 2), value: (n, m) => Math.ceil(a.value(n, m) / 2) };
        }
      }),
  ),
}));

describe('dimensions', () => {
  it('stay equal to the arithmetic that they stand for', () => {
    fc.assert(
      fc.property(
        expression,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 50 }),
        ({ dim, value }, n, m) => {
          expect(
            substitute(
              dim,
              new Map([
                ['N', n],
                ['M', m],
              ]),
            ),
          ).toBe(value(n, m) + 0);
        },
      ),
    );
  });

  it('are never below their bound', () => {
    const size = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(expression, size, size, ({ dim, value }, n, m) => {
        expect(value(n, m)).toBeGreaterThanOrEqual(lowerBound(dim) ?? Number.NEGATIVE_INFINITY);
      }),
      { numRuns: 500 },
    );
  });

  it('have one text for equal sums', () => {
    expect(addDims(addDims('N', 1), 'M')).toBe(addDims(addDims('M', 'N'), 1));
    expect(subDims(mulDims(2, 'N'), 'N')).toBe('N');
    expect(mulDims(addDims('N', 1), 2)).toBe('2*N + 2');
  });

  it('keep what stands inside of floor and ceil as it is', () => {
    const half = floorDivDim(subDims('N', 1), 2);
    expect(addDims(subDims(addDims(half, 'M'), 'M'), 0)).toBe(half);
    expect(subDims(mulDims(3, half), mulDims(2, half))).toBe(half);
    expect(lowerBound(addDims(half, 2))).toBe(2);
    expect(lowerBound(subDims('N', 'M'))).toBeUndefined();
  });

  it('read what exporters write', () => {
    expect(symbol('2*floor(N/2) + 1')).toBe('2*floor(N/2) + 1');
    expect(symbol('batch size')).toBe("'batch size'");
    expect(exactDiv(mulDims(6, 'N'), 'N')).toBe(6);
    expect(exactDiv(mulDims(6, 'N'), 4)).toBeUndefined();
  });
});
