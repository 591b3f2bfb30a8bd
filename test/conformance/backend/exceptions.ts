import type { Aspect } from './aspects.ts';
import type { Case } from './convert.ts';

/** A failure that is not ours to mend, by its reason. */
interface Exception {
  readonly aspect: Aspect;
  /** What the failure says, or the case's name. */
  readonly why?: RegExp;
  readonly name?: RegExp;
  readonly reason: string;
}

const exceptions: readonly Exception[] = [];

/** The reason of a failure, or undefined when there is none and it counts. */
export function exceptionOf(aspect: Aspect, item: Case, why: string): string | undefined {
  return exceptions.find(
    (exception) =>
      exception.aspect === aspect &&
      (exception.why?.test(why) ?? true) &&
      (exception.name?.test(item.name) ?? true),
  )?.reason;
}
