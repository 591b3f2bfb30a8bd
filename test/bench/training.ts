import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crossEntropy } from '../../server/src/autodiff/losses/cross-entropy.ts';
import { sgd } from '../../server/src/autodiff/optimizers/sgd.ts';
import { initialState } from '../../server/src/autodiff/state.ts';
import { trainStep } from '../../server/src/autodiff/train-step.ts';
import { createRng } from '../../server/src/base/rng.ts';
import { sharedData } from '../../server/src/data/shared-data.testing.ts';
import type { NdArray } from '../../server/src/ir/nd-array.ts';
import { median } from '../../server/src/measure/quantile.ts';
import { openModel } from '../../server/src/onnx/files.ts';
import { ortRunner } from '../../server/src/runtime/session.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { peersPython } from './shared/peers.ts';

interface Case {
  readonly name: string;
  readonly model: string;
  readonly shape: readonly number[];
  readonly batch: number;
}

const cases: readonly Case[] = [
  { name: 'LeNet-5, batch 64', model: 'lenet-5.onnx', shape: [1, 28, 28], batch: 64 },
  { name: 'ResNet-8, batch 128', model: 'cifar-resnet8.onnx', shape: [3, 32, 32], batch: 128 },
];
const variants = [
  { name: 'PyTorch', args: [] },
  { name: 'PyTorch, channels last', args: ['--channels-last'] },
] as const;
const rounds = Number(process.env.PARE_ROUNDS ?? 7);
const stepsPerRound = 5;
const batches = 4;
const rate = 0.001;

export const bench: Bench = {
  summary: "a training step (SGD with momentum) against PyTorch's, on the same number of threads",
  run: async (log) => {
    if (!sharedData) throw new Error('The benchmark needs the models of PARE_DATA.');
    const python = peersPython(log);
    const threads = Number(process.env.PARE_THREADS ?? Math.min(2, cpus().length));
    const rows: Row[] = [];
    for (const item of cases) {
      const folder = mkdtempSync(join(tmpdir(), 'pare-training-'));
      try {
        rows.push(...(await compare(item, sharedData, folder, python, threads, log)));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return rows;
  },
};

/**
 * Rounds of a few steps each, one runner after the other; the figure is the median of the rounds' medians, the ratio that of
 * the rounds' ratios. Processor time tells more than elapsed time on a busy machine, and less with several threads, which
 * spin while they wait.
 */
async function compare(
  { name, model, shape, batch }: Case,
  data: string,
  folder: string,
  python: string,
  threads: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const rng = createRng(1);
  const size = shape.reduce((a, b) => a * b, 1);
  const x = Float32Array.from({ length: batches * batch * size }, () => rng.next());
  const y = Int32Array.from({ length: batches * batch }, () => rng.integer(10));
  writeFileSync(join(folder, 'x'), x);
  writeFileSync(join(folder, 'y'), y);
  const path = join(data, 'models', model);
  const ours = await openOurs(path, x, y, shape, batch, threads);
  const common = [
    '--shape',
    shape.join(),
    '--batch',
    `${batch}`,
    '--rate',
    `${rate}`,
    '--threads',
    `${threads}`,
  ];
  const peers = variants.map((variant) =>
    openPeer(python, [path, join(folder, 'x'), join(folder, 'y'), ...common, ...variant.args]),
  );
  const runners = [ours, ...peers];
  const times: Times[][] = runners.map(() => []);
  try {
    for (const runner of runners) await runner.run(2);
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

/** Milliseconds of a step: by the clock, and of all processors together. */
interface Times {
  readonly elapsed: number;
  readonly busy: number;
}

interface Stepper {
  readonly run: (steps: number) => Promise<Times[]>;
  readonly close: () => Promise<void>;
}

async function openOurs(
  path: string,
  x: Float32Array,
  y: Int32Array,
  shape: readonly number[],
  batch: number,
  threads: number,
): Promise<Stepper> {
  const step = trainStep(openModel(path), {
    losses: [{ loss: crossEntropy() }],
    optimizer: sgd({ momentum: 0.9 }),
    batch,
    block: await ortRunner.blockedChannels(),
  });
  const session = await ortRunner.open(step.model, { threads });
  const array = (dims: readonly number[], data: Float32Array): NdArray => ({ type: 'float', dims, data });
  const size = x.length / y.length;
  let state = step.state.map((slot) => array(slot.dims, initialState(slot)));
  let spare = step.state.map(({ dims }) => array(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))));
  const inputs = Array.from({ length: batches }, (_, i) => ({
    [step.data[0]!]: array([batch, ...shape], x.subarray(i * batch * size, (i + 1) * batch * size)),
    [step.targets[0]!.name]: {
      type: 'int32',
      dims: [batch],
      data: y.subarray(i * batch, (i + 1) * batch),
    } as const,
  }));
  const metrics = [...step.metrics.values()].map(
    (output) => [output, array([], new Float32Array(1))] as const,
  );
  let done = 0;
  return {
    run: async (steps) => {
      const times: Times[] = [];
      for (let i = 0; i < steps; i++, done++) {
        const feeds = {
          ...inputs[done % batches]!,
          [step.rate]: array([], Float32Array.of(rate)),
          [step.step]: array([], Float32Array.of(done + 1)),
          ...Object.fromEntries(step.state.map(({ input }, at) => [input, state[at]!])),
        };
        const outputs = Object.fromEntries([
          ...step.state.map(({ output }, at) => [output, spare[at]!] as const),
          ...metrics,
        ]);
        const [started, usage] = [performance.now(), process.cpuUsage()];
        await session.runInto(feeds, outputs);
        const { user, system } = process.cpuUsage(usage);
        times.push({ elapsed: performance.now() - started, busy: (user + system) / 1000 });
        [state, spare] = [spare, state];
      }
      return times;
    },
    close: () => session.close(),
  };
}

function openPeer(python: string, args: readonly string[]): Stepper {
  const child: ChildProcess = spawn(python, [join(import.meta.dirname, 'peers/train.py'), 'serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    run: async (steps) => {
      child.stdin!.write(`${steps}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The peer has ended.');
      return (JSON.parse(value) as [number, number][]).map(([elapsed, busy]) => ({ elapsed, busy }));
    },
    close: async () => {
      child.stdin!.end();
      await new Promise((ended) => child.on('close', ended));
    },
  };
}
