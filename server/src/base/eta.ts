/** Estimates the time left from how fast work has been going lately. */
export interface Eta {
  /** Takes note of the progress; returns milliseconds left, or null until two notes lie 200 ms apart. */
  readonly note: (done: number, total: number) => number | null;
}

/** An estimator that weighs recent speed more: the rate is smoothed with a half-life of about five seconds. */
export function createEta(now: () => number = () => performance.now()): Eta {
  let last: { readonly at: number; readonly done: number } | undefined;
  let rate = 0;
  return {
    note: (done, total) => {
      const at = now();
      if (!last || done < last.done) {
        last = { at, done };
        rate = 0;
        return null;
      }
      const elapsed = at - last.at;
      if (elapsed >= 200 && done > last.done) {
        const current = (done - last.done) / elapsed;
        const weight = rate === 0 ? 1 : 1 - 2 ** (-elapsed / 5000);
        rate += (current - rate) * weight;
        last = { at, done };
      }
      return rate > 0 ? Math.max(0, (total - done) / rate - (at - last.at)) : null;
    },
  };
}
