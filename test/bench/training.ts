import { median } from '../../server/src/measure/quantile.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { threads, variantsOf } from './training/cases.ts';
import { openOurs } from './training/ours.ts';
import { overCases, type Setting } from './training/over-cases.ts';
import { openPeer } from './training/peer.ts';
import type { Times } from './training/stepper.ts';

const rounds = Number(process.env.PARE_ROUNDS ?? 7);
const stepsPerRound = 5;
/** Steps before the first round: not timed, but their losses tell whether both train the same. */
const warmUp = 4;
const tolerance = 1e-3;

export const bench: Bench = {
  summary: "a training step (SGD with momentum) against PyTorch's, on the same number of threads",
  run: overCases(compare),
};

/**
 * Rounds of a few steps each, one runner after the other; the figure is the median of the rounds' medians, the ratio that of
 * the rounds' ratios. Processor time tells more than elapsed time on a busy machine, and less with several threads, which
 * spin while they wait. Throws where the first losses of a peer are not ours: then it does not do the same work.
 */
async function compare({ item, job, peerArgs, python, log }: Setting): Promise<Row[]> {
  const { name } = item;
  const variants = variantsOf(item);
  const ours = await openOurs(job, threads());
  const peers = variants.map(({ args }) => openPeer(python, [...peerArgs, ...args]));
  const runners = [ours, ...peers];
  const times: Omit<Times, 'loss'>[][] = runners.map(() => []);
  try {
    const [own, ...others] = [
      await ours.run(warmUp),
      ...(await Promise.all(peers.map((peer) => peer.run(warmUp)))),
    ];
    for (const [index, theirs] of others.entries())
      sameLosses(`${name}, ${variants[index]!.name}`, own, theirs);
    for (let round = 0; round < rounds; round++) {
      for (const [index, runner] of runners.entries()) {
        const steps = await runner.run(stepsPerRound);
        times[index]!.push({
          elapsed: median(steps.map(({ elapsed }) => elapsed)),
          busy: median(steps.map(({ busy }) => busy)),
        });
      }
      log(
        `${name}: round ${round + 1} of ${rounds}: ${times.map((each) => each.at(-1)!.elapsed.toFixed(1)).join(', ')} ms`,
      );
    }
  } finally {
    for (const runner of runners) await runner.close();
  }
  return (['elapsed', 'busy'] as const).flatMap((kind) => {
    const of = (index: number) => times[index]!.map((each) => each[kind]);
    const what = kind === 'elapsed' ? 'step' : 'processor time';
    return variants.map((variant, index) => ({
      ...row(`${name}: ${what} against ${variant.name}`, median(of(0)), median(of(index + 1)), 'ms'),
      ratio: median(of(0).map((value, round) => value / of(index + 1)[round]!)),
    }));
  });
}

function sameLosses(name: string, ours: readonly Times[], theirs: readonly Times[]): void {
  for (const [step, { loss }] of ours.entries()) {
    const other = theirs[step]!.loss;
    if (!(Math.abs(loss / other - 1) < tolerance))
      throw new Error(
        `${name}: step ${step + 1} has a loss of ${other}, ours of ${loss}: this compares different trainings.`,
      );
  }
}
