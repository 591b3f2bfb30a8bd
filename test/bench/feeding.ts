import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildArchitecture } from '../../server/src/architecture/build.ts';
import type { Architecture } from '../../server/src/architecture/schema.ts';
import { crossEntropy } from '../../server/src/autodiff/losses/cross-entropy.ts';
import { sgd } from '../../server/src/autodiff/optimizers/sgd.ts';
import { trainStep } from '../../server/src/autodiff/train-step.ts';
import { createRng } from '../../server/src/base/rng.ts';
import { idxFile } from '../../server/src/data/array-files.testing.ts';
import { openDataset } from '../../server/src/data/open.ts';
import { dataSource } from '../../server/src/data/source.ts';
import { ortRunner } from '../../server/src/runtime/session.ts';
import { type Augmentation, augment } from '../../server/src/steps/train/augment.ts';
import { openStepper } from '../../server/src/steps/train/stepper.ts';
import type { Bench, Row } from './shared/define.ts';

interface Case {
  readonly name: string;
  readonly network: Architecture;
  readonly batch: number;
  /** Steps: enough that the code is compiled. */
  readonly steps: number;
  readonly augmentation: Augmentation | undefined;
}

const block = (channels: number, stride: number) => ({
  residual: [
    `conv ${channels} 3x3 stride ${stride} same batchnorm relu`,
    `conv ${channels} 3x3 same batchnorm`,
  ],
  activation: 'relu',
});
const cases: readonly Case[] = [
  {
    name: 'ResNet-8, batch 128, flip, shift and cutout',
    network: {
      input: [3, 32, 32],
      layers: [
        'conv 16 3x3 same batchnorm relu',
        block(16, 1),
        block(32, 2),
        block(64, 2),
        'globalpool',
        'dense 10',
      ],
    },
    batch: 128,
    steps: 60,
    augmentation: { flip: true, shift: 4, cutout: 8 },
  },
  {
    name: 'LeNet-5, batch 64, shift',
    network: {
      input: [1, 28, 28],
      layers: ['conv 20 5x5', 'maxpool 2', 'conv 50 5x5', 'maxpool 2', 'dense 500 relu', 'dense 10'],
    },
    batch: 64,
    steps: 400,
    augmentation: { flip: false, shift: 2, cutout: 0 },
  },
  {
    name: 'LeNet-300-100, batch 64',
    network: { input: [784], layers: ['dense 300 relu', 'dense 100 relu', 'dense 10'] },
    batch: 64,
    steps: 400,
    augmentation: undefined,
  },
];
const samples = 4096;

export const bench: Bench = {
  summary: 'what preparing a batch takes beside the training step that waits for it; the least of all steps',
  run: async () => {
    const rows: Row[] = [];
    for (const item of cases) {
      const { prepare, step } = await measure(item);
      const figure = (name: string, ours: number, unit: string) => ({
        name,
        ours,
        peer: null,
        ratio: null,
        unit,
      });
      rows.push(
        figure(`${item.name}: step`, step, 'ms'),
        figure(`${item.name}: its batch`, prepare, 'ms'),
        figure(`${item.name}: share`, (100 * prepare) / step, '%'),
      );
    }
    return rows;
  },
};

/** Batches are read and changed as a training does, in a random order, each right before its step. */
async function measure({ network, batch, steps, augmentation }: Case) {
  const folder = mkdtempSync(join(tmpdir(), 'pare-feeding-'));
  try {
    const size = network.input.reduce((a, b) => a * b, 1);
    const rng = createRng(1);
    const draw = (bound: number, count: number) =>
      Uint8Array.from({ length: count }, () => rng.integer(bound));
    writeFileSync(
      join(folder, 'x'),
      idxFile('uint8', [samples, ...network.input], draw(256, samples * size)),
    );
    writeFileSync(join(folder, 'y'), idxFile('uint8', [samples], draw(10, samples)));
    const source = dataSource.parse({ images: 'x', labels: 'y', normalize: { scale: '1/255' } });
    const data = await openDataset(source, folder, network.input);
    const model = buildArchitecture(network, 1);
    const step = trainStep(model, {
      losses: [{ loss: crossEntropy() }],
      optimizer: sgd({ momentum: 0.9 }),
      batch,
      block: await ortRunner.blockedChannels(),
    });
    const stepper = await openStepper(ortRunner, step, undefined, {});
    const order = rng.shuffle(Int32Array.from({ length: samples }, (_, i) => i));
    const indices = Array.from({ length: steps * batch }, (_, i) => order[i % samples]!);
    const least = { prepare: Number.POSITIVE_INFINITY, step: Number.POSITIVE_INFINITY };
    let [done, started] = [0, performance.now()];
    for await (const item of data.batches(batch, indices)) {
      if (augmentation) augment(item, augmentation, 1, 0);
      const prepared = performance.now();
      const feeds = {
        [step.data[0]!]: item.input,
        [step.targets[0]!.name]: { type: 'int32', dims: [batch], data: item.labels! } as const,
      };
      await stepper.take({ feeds, samples: batch, rate: 0.001, step: ++done, last: true });
      least.prepare = Math.min(least.prepare, prepared - started);
      least.step = Math.min(least.step, performance.now() - prepared);
      started = performance.now();
    }
    await stepper.close();
    return least;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
