import { availableParallelism, loadavg } from 'node:os';
import { Cancelled } from '../base/errors.ts';
import type { NdArray } from '../ir/nd-array.ts';
import type { Session } from '../steps/runner.ts';
import { medianInterval } from './bootstrap.ts';
import { ascending, median, quantile } from './quantile.ts';

/** A model that is ready to run, and what it is run on. */
export interface Contestant {
  readonly session: Session;
  readonly feeds: Readonly<Record<string, NdArray>>;
  /** Samples in `feeds`; 1 by default. */
  readonly samples?: number;
}

export interface BenchmarkOptions {
  /** Rounds at most, each of which runs every model; 40 by default. */
  readonly rounds?: number;
  /** Stops after so many milliseconds, but not before five rounds; 4000 by default. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface Benchmark {
  /** In the order of the contestants. */
  readonly timings: readonly Timing[];
  /** Latency of each contestant over that of the first: 0.5 is twice as fast. */
  readonly ratios: readonly Ratio[];
  readonly rounds: number;
  /** What makes the figures doubtful, such as a busy machine. */
  readonly notes: readonly string[];
}

/** Milliseconds of one run, whatever its number of samples. */
export interface Timing {
  readonly p50: number;
  readonly p95: number;
  /** Samples a second: of the median turn, so that a moment when the machine was busy does not count. */
  readonly throughput: number;
  readonly runs: number;
}

/** Median of the rounds' ratios, and its 95 % bootstrap interval. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A turn takes about so long, that switching between models does not count. */
const turnMs = 12;
const mostRunsATurn = 64;
const fewestRounds = 5;
/** Middle half of the first model's rounds, over their median: beyond it something else was running. */
const largestSpread = 0.2;

/**
 * Times models against each other: after a warm-up, each round gives every model a turn of several runs, and every second
 * round goes backwards, so that drift of the machine hits all alike (ABBA). The first quarter of a turn only fills the
 * caches. Ratios are taken within a round. Outputs are computed into arrays that are kept, so that allocation is not timed.
 * Errors: `run-failed`, `cancelled`.
 */
export async function benchmark(
  contestants: readonly Contestant[],
  { rounds = 40, budgetMs = 4000, signal, progress }: BenchmarkOptions = {},
): Promise<Benchmark> {
  const lanes = [];
  for (const contestant of contestants) lanes.push(await warmUp(contestant, signal));
  const started = performance.now();
  let done = 0;
  while (done < rounds && (done < fewestRounds || performance.now() - started < budgetMs)) {
    for (const lane of done % 2 === 0 ? lanes : [...lanes].reverse()) {
      if (signal?.aborted) throw new Cancelled();
      lane.turns.push(await turn(lane.run, lane.runsATurn));
    }
    done++;
    progress?.(done, rounds);
  }
  const medians = lanes.map(({ turns }) => turns.map((times) => median(times)));
  return {
    timings: lanes.map(({ turns }, index) => timing(turns, contestants[index]!.samples ?? 1)),
    ratios: medians.map((own) => ratio(own.map((value, round) => value / medians[0]![round]!))),
    rounds: done,
    notes: doubts(medians[0] ?? []),
  };
}

interface Lane {
  readonly run: () => Promise<void>;
  readonly runsATurn: number;
  /** Times of the runs of each turn, in milliseconds. */
  readonly turns: number[][];
}

async function warmUp({ session, feeds }: Contestant, signal: AbortSignal | undefined): Promise<Lane> {
  const outputs = await session.run(feeds);
  // Strings cannot be computed into a given array.
  const reusable = Object.values(outputs).every(({ type }) => type !== 'string');
  const run = async () => {
    if (reusable) await session.runInto(feeds, outputs);
    else await session.run(feeds);
  };
  let times: number[] = [];
  for (let total = 0; total < 3 * turnMs && times.length < 3 * mostRunsATurn; ) {
    if (signal?.aborted) throw new Cancelled();
    const [time] = await turn(run, 1);
    times = [...times, time!];
    total += time!;
  }
  const runsATurn = Math.min(mostRunsATurn, Math.max(1, Math.round(turnMs / median(times))));
  return { run, runsATurn, turns: [] };
}

/** Times of `runs` runs, after a third as many that are not timed when there are several. */
async function turn(run: () => Promise<void>, runs: number): Promise<number[]> {
  if (runs > 1) for (let i = 0; i < Math.ceil(runs / 3); i++) await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times;
}

function timing(turns: readonly (readonly number[])[], samples: number): Timing {
  const sorted = ascending(turns.flat());
  const means = turns.map((times) => times.reduce((a, b) => a + b, 0) / times.length);
  return {
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    throughput: (samples * 1000) / median(means),
    runs: sorted.length,
  };
}

const ratio = (values: readonly number[]): Ratio => ({ value: median(values), ...medianInterval(values) });

function doubts(baseline: readonly number[]): string[] {
  const notes: string[] = [];
  const sorted = ascending(baseline);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / quantile(sorted, 0.5);
  if (spread > largestSpread)
    notes.push(
      `The machine was busy: the first model's rounds differ by ${Math.round(spread * 100)} %. Trust the ratio more than the times, and measure again when nothing else runs.`,
    );
  const [load] = loadavg();
  const processors = availableParallelism();
  // Our own work is one of them.
  if (load! > processors + 1)
    notes.push(`${load!.toFixed(1)} processes wanted to run at once on ${processors} processors.`);
  return notes;
}
