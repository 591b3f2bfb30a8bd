import { type Dim, unknownDim } from '../ir/dim.ts';
import { formatType, type ValueType } from '../ir/value-type.ts';

/**
 * An inferred type, made more precise by what the file states: a type, rank or size that inference does not know is taken
 * from the file. Where the two contradict each other what was inferred stays, and `contradicts` is called. A symbolic size is
 * never replaced: the file may have been exported with one example size.
 */
export function refine(
  inferred: ValueType | undefined,
  stated: ValueType | undefined,
  contradicts: () => void,
): ValueType | undefined {
  if (!inferred || !stated) return inferred ?? stated;
  if (inferred.kind === 'tensor' || inferred.kind === 'sparse') {
    if (stated.kind !== inferred.kind || (stated.type !== inferred.type && stated.type !== 'undefined')) {
      contradicts();
      return inferred;
    }
    if (!stated.shape) return inferred;
    if (!inferred.shape) return { ...inferred, shape: stated.shape };
    if (inferred.shape.length !== stated.shape.length) {
      contradicts();
      return inferred;
    }
    const other = stated.shape;
    if (inferred.shape.some((dim, i) => differs(dim, other[i]!))) {
      contradicts();
      return inferred;
    }
    if (!inferred.shape.includes(unknownDim)) return inferred;
    return { ...inferred, shape: inferred.shape.map((dim, i) => (dim === unknownDim ? other[i]! : dim)) };
  }
  if (inferred.kind === 'map') {
    if (stated.kind !== 'map' || stated.key !== inferred.key) {
      contradicts();
      return inferred;
    }
    return { ...inferred, value: refine(inferred.value, stated.value, contradicts) };
  }
  if (stated.kind !== inferred.kind) {
    contradicts();
    return inferred;
  }
  return { ...inferred, element: refine(inferred.element, stated.element, contradicts) };
}

/** A stated type without its symbols: in a body they may stand for another size each time that it runs. */
export function withoutSymbols(type: ValueType | undefined): ValueType | undefined {
  if (!type) return undefined;
  if (type.kind === 'map') return { ...type, value: withoutSymbols(type.value) };
  if (type.kind === 'sequence' || type.kind === 'optional')
    return { ...type, element: withoutSymbols(type.element) };
  return type.shape?.some((dim) => typeof dim === 'string')
    ? { ...type, shape: type.shape.map((dim) => (typeof dim === 'string' ? unknownDim : dim)) }
    : type;
}

const differs = (a: Dim, b: Dim): boolean => typeof a === 'number' && typeof b === 'number' && a !== b;

/** The sentence for a contradiction. */
export const contradiction = (
  name: string,
  inferred: ValueType | undefined,
  stated: ValueType | undefined,
): string => `the file states ${formatType(stated)} for '${name}', which is ${formatType(inferred)}`;
