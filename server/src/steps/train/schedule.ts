import { unreachable } from '../../base/errors.ts';

/** How the learning rate runs over a training; shares are of the whole training. */
export type Schedule = (
  | { readonly kind: 'constant' }
  /** Multiplied by `factor` at each of `at`, shares of the training. */
  | { readonly kind: 'step'; readonly at: readonly number[]; readonly factor: number }
  /** Half a cosine from the base rate to zero (Loshchilov, Hutter 2017, without restarts). */
  | { readonly kind: 'cosine' }
  /** Up to the base rate over the first three tenths, then down to almost nothing, both along cosines (Smith, Topin 2018). */
  | { readonly kind: 'one-cycle' }
) & {
  /** Steps over which the rate rises linearly from zero; before everything else. */
  readonly warmup?: number;
};

const rise = 0.3;
/** The base rate is this many times the first rate of a cycle, and the first rate 10^4 times the last. */
const start = 25;
const end = start * 1e4;

/** The learning rate of a step, counted from 0, of `total` steps. */
export function rateAt(schedule: Schedule, base: number, step: number, total: number): number {
  const warm = schedule.warmup ? Math.min(1, (step + 1) / schedule.warmup) : 1;
  const done = total <= 1 ? 0 : Math.min(1, step / (total - 1));
  return base * warm * shareAt(schedule, done);
}

function shareAt(schedule: Schedule, done: number): number {
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** schedule.at.filter((share) => done >= share).length;
    case 'cosine':
      return (1 + Math.cos(Math.PI * done)) / 2;
    case 'one-cycle':
      return done < rise
        ? between(1 / start, 1, done / rise)
        : between(1, 1 / end, (done - rise) / (1 - rise));
    default:
      return unreachable(schedule);
  }
}

/** From `a` to `b` along half a cosine. */
const between = (a: number, b: number, share: number): number =>
  b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;
