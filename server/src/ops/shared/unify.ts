import { sameDim, unknownDim } from '../../ir/dim.ts';
import type { ValueType } from '../../ir/value-type.ts';

/**
 * What two values that may take each other's place have in common: the branches of If, a loop's value before and after its
 * body. Sizes that differ become unknown, then the rank, then the type.
 */
export function unify(a: ValueType | undefined, b: ValueType | undefined): ValueType | undefined {
  if (!a || !b) return undefined;
  // What may be missing on one side may be missing.
  if ((a.kind === 'optional') !== (b.kind === 'optional')) {
    const [maybe, sure] = a.kind === 'optional' ? [a, b] : [b, a];
    const element = maybe.kind === 'optional' ? unify(maybe.element, sure) : undefined;
    return element && { kind: 'optional', element };
  }
  if (a.kind === 'tensor' || a.kind === 'sparse') {
    if (b.kind !== a.kind || a.type !== b.type) return undefined;
    const { kind, type } = a;
    if (!a.shape || a.shape.length !== b.shape?.length) return { kind, type };
    const other = b.shape;
    return { kind, type, shape: a.shape.map((dim, i) => (sameDim(dim, other[i]!) ? dim : unknownDim)) };
  }
  if (a.kind === 'map')
    return b.kind === 'map' && a.key === b.key
      ? { kind: 'map', key: a.key, value: unify(a.value, b.value) }
      : undefined;
  return b.kind === a.kind ? { kind: a.kind, element: unify(a.element, b.element) } : undefined;
}

/** True when both say the same; unknown sizes count as the same. */
export const sameType = (a: ValueType | undefined, b: ValueType | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
