import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { PareError } from '../../base/errors.ts';

/** Refuses to write over a source: whatever a step does, the user's model stays. Throws `would-overwrite`. */
export function refuseOverwrite(target: string, sources: readonly string[]): void {
  const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path));
  if (sources.some((source) => real(source) === real(target))) {
    throw new PareError('would-overwrite', `'${target}' is the source model, which Pare never overwrites.`, {
      hint: 'Name another file with -o.',
      place: { file: target },
    });
  }
}
