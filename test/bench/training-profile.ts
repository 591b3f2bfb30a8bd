import type { Bench, Row } from './shared/define.ts';
import { runPeer } from './shared/peers.ts';
import { variantsOf } from './training/cases.ts';
import { type Phase, placeOfPeer } from './training/kinds.ts';
import { overCases, type Setting } from './training/over-cases.ts';
import { profileOurs, type Timed } from './training/profile-ours.ts';

const steps = 20;
const threads = 1;
/** What is less than this share of the step on both sides is one row. */
const least = 0.01;

export const bench: Bench = {
  summary: "what a training step's time goes to, by kinds of layers, beside PyTorch's profile",
  run: overCases(compare),
};

/** Pare beside the form of PyTorch that takes the least time. One thread: with several, a profile says little of the work. */
async function compare({ item, job, peerArgs, folder, python, log }: Setting): Promise<Row[]> {
  const ours = await profileOurs(job, steps, threads, folder);
  const peers: { readonly name: string; readonly times: readonly Timed[] }[] = [];
  for (const { name, args } of variantsOf(item)) {
    const given = ['profile', ...peerArgs, '--threads', `${threads}`, '--steps', `${steps}`, ...args];
    const { result } = await runPeer<[Phase, string, number][]>(python, 'train.py', given);
    peers.push({
      name,
      times: result.map(([phase, operator, time]) => ({
        place: placeOfPeer(phase, operator),
        operator,
        time,
      })),
    });
  }
  log(
    `${item.name}: ${[ours, ...peers.map(({ times }) => times)].map((times) => total(times).toFixed(1)).join(', ')} ms`,
  );
  const [best] = peers.sort((a, b) => total(a.times) - total(b.times));
  return table(`${item.name}, ${best!.name}`, ours, best!.times);
}

function table(title: string, ours: readonly Timed[], theirs: readonly Timed[]): Row[] {
  const groups = new Map<string, { ours: number; peer: number; inputs: number; weights: number }>();
  const group = (times: readonly Timed[], side: 'ours' | 'peer') => {
    for (const { place, time } of times) {
      const { kind, phase } = place;
      const name = kind === phase || phase === 'between' ? kind : `${kind}, ${phase}`;
      const sums = groups.get(name) ?? { ours: 0, peer: 0, inputs: 0, weights: 0 };
      sums[side] += time;
      if (side === 'ours' && place.of) sums[place.of] += time;
      groups.set(name, sums);
    }
  };
  group(ours, 'ours');
  group(theirs, 'peer');
  const [whole, peerWhole] = [total(ours), total(theirs)];
  const rows: Row[] = [figure(`${title}: the step`, whole, peerWhole)];
  const rest = { ours: 0, peer: 0 };
  for (const [name, sums] of [...groups].sort(([, a], [, b]) => b.ours + b.peer - a.ours - a.peer)) {
    if (sums.ours < least * whole && sums.peer < least * peerWhole) {
      rest.ours += sums.ours;
      rest.peer += sums.peer;
      continue;
    }
    rows.push(figure(name, sums.ours, sums.peer));
    // PyTorch computes both gradients of a convolution in one operator.
    if (name === 'convolution, gradients')
      for (const of of ['inputs', 'weights'] as const)
        rows.push({
          name: `convolution, gradients of ${of}`,
          ours: sums[of],
          peer: null,
          ratio: null,
          unit: 'ms',
        });
  }
  return [...rows, figure('all else', rest.ours, rest.peer)];
}

/** A ratio says something where both sides have the kind. */
const figure = (name: string, ours: number, peer: number): Row => ({
  name,
  ours,
  peer,
  ratio: ours > 0 && peer > 0 ? ours / peer : null,
  unit: 'ms',
});

const total = (times: readonly Timed[]): number => times.reduce((sum, { time }) => sum + time, 0);
