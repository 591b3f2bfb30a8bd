import * as z from 'zod';
import { PareError } from './errors.ts';
import {
  type Bytes,
  bytes,
  type Fraction,
  fraction,
  type Milliseconds,
  milliseconds,
  parseBytes,
  parseDuration,
  parseFraction,
} from './units.ts';

/** Turns a parser of text into a schema whose issues carry the parser's message. */
function unit<T extends number>(
  parse: (text: string) => T,
  ofNumber: (value: number) => T,
  check: (value: T) => string | undefined,
  meta: { readonly unit: string; readonly examples: readonly string[] },
) {
  return z
    .union([z.string(), z.number()])
    .transform((value, context): T => {
      try {
        const result = typeof value === 'number' ? ofNumber(value) : parse(value);
        const problem = check(result);
        if (problem) context.addIssue({ code: 'custom', message: problem });
        return result;
      } catch (error) {
        if (!(error instanceof PareError)) throw error;
        context.addIssue({
          code: 'custom',
          message: error.hint ? `${error.message} ${error.hint}` : error.message,
        });
        return z.NEVER;
      }
    })
    .meta({ ...meta, examples: [...meta.examples] });
}

/** A fraction of 0..1, written `90 %` or `0.9`. */
export function percentage() {
  return unit<Fraction>(
    parseFraction,
    fraction,
    (value) => (value >= 0 && value <= 1 ? undefined : 'A percentage lies between 0 % and 100 %.'),
    { unit: 'percentage', examples: ['50 %', '90 %'] },
  );
}
/** A size, written `40 KB`; a plain number is bytes. */
export function size() {
  return unit<Bytes>(parseBytes, bytes, (value) => (value > 0 ? undefined : 'A size is more than 0 bytes.'), {
    unit: 'size',
    examples: ['40 KB', '5 MB'],
  });
}
/** A duration, written `2 ms`; a plain number is milliseconds. */
export function duration() {
  return unit<Milliseconds>(
    parseDuration,
    milliseconds,
    (value) => (value > 0 ? undefined : 'A duration is more than 0 ms.'),
    { unit: 'duration', examples: ['2 ms', '0.5 s'] },
  );
}
/** A factor, written `1/255` or `0.0039`. */
export function factor() {
  return z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\s*[\d.]+(e[+-]?\d+)?\s*(\/\s*[\d.]+\s*)?$/i, 'Write a number or a quotient such as 1/255.'),
    ])
    .transform((value) => {
      if (typeof value === 'number') return value;
      const [above, below] = value.split('/').map(Number);
      return above! / (below ?? 1);
    })
    .meta({ unit: 'factor', examples: ['1/255'] });
}
