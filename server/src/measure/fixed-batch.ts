import type { Session } from '../steps/runner.ts';

/** The batch that the model insists on, or undefined when any will do. */
export function fixedBatch({ inputs }: Pick<Session, 'inputs'>): number | undefined {
  for (const { type } of inputs) {
    const dim = type.shape?.[0];
    if (typeof dim === 'number' && dim > 0) return dim;
  }
  return undefined;
}
