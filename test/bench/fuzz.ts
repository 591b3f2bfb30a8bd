import { availableParallelism } from 'node:os';
import { fuzz } from './fuzz/run.ts';
import type { Bench } from './shared/define.ts';

/** How many files; `PARE_FUZZ_COUNT` and `PARE_FUZZ_SEED` choose others. */
const count = Number(process.env.PARE_FUZZ_COUNT ?? 200_000);
const seed = Number(process.env.PARE_FUZZ_SEED ?? 1);

export const bench: Bench = {
  summary: 'damaged and hostile models: no crash, no hang over 5 s, no memory over 1 GB',
  run: async (log) => {
    const started = Date.now();
    const jobs = availableParallelism();
    const { looked, accepted, failures } = await fuzz({ count, seed, jobs }, (done) =>
      log(`${done} of ${count}, ${((Date.now() - started) / 1000).toFixed(0)} s`),
    );
    for (const { number, kind, failure, message } of failures.slice(0, 100))
      log(`${failure} at ${number} (seed ${seed}${kind === '' ? '' : `, ${kind}`}): ${message}`);
    const of = (failure: string) => failures.filter((each) => each.failure === failure).length;
    const figure = (name: string, ours: number) => ({ name, ours, peer: null, ratio: null, unit: 'files' });
    return [
      figure('looked at', looked),
      figure('still models', accepted),
      figure('crashes', of('crash') + of('death')),
      figure('hangs', of('hang')),
      figure('over 1 GB', of('memory')),
    ];
  },
};
