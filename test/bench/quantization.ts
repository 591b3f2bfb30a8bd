import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Dataset } from '../../server/src/data/dataset.ts';
import { sharedData } from '../../server/src/data/shared-data.testing.ts';
import { dataSource } from '../../server/src/data/source.ts';
import { measureModels } from '../../server/src/measure/measure-models.ts';
import { median } from '../../server/src/measure/quantile.ts';
import { openModel, saveModel } from '../../server/src/onnx/files.ts';
import { checkSettings } from '../../server/src/recipe/plan.ts';
import { findStep } from '../../server/src/recipe/schema.ts';
import { applyStep, openData } from '../../server/src/runs/apply-step.ts';
import { ortRunner } from '../../server/src/runtime/session.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { peersPython, runPeer } from './shared/peers.ts';

/** A trained classifier, and the data that it is calibrated and tested with. */
interface Case {
  readonly name: string;
  readonly model: string;
  readonly folder: string;
}

const example = resolve(import.meta.dirname, '../../examples/fashion-mnist');
const cases: readonly Case[] = [
  { name: 'LeNet-5, Fashion-MNIST', model: join(example, 'lenet5.onnx'), folder: example },
  ...(sharedData
    ? [
        {
          name: 'LeNet-5, MNIST',
          model: join(sharedData, 'models/lenet-5.onnx'),
          folder: join(sharedData, 'data/mnist'),
        },
      ]
    : []),
];
const variants = ['default', 'per-channel'] as const;
const samples = 512;
/** Each tool quantizes so many times, turn and turn about; the median counts. */
const repeats = 3;

export const bench: Bench = {
  summary: "int8 models against those of ONNX Runtime's own quantizer: accuracy, latency, size, time to make",
  run: async (log) => {
    const python = peersPython(log);
    const rows: Row[] = [];
    for (const each of cases) {
      const folder = mkdtempSync(join(tmpdir(), 'pare-bench-'));
      try {
        rows.push(...(await compare(each, folder, python, log)));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return rows;
  },
};

async function compare(
  { name, model, folder: data }: Case,
  folder: string,
  python: string,
  log: (line: string) => void,
): Promise<Row[]> {
  const source = (prefix: string, limit?: number) =>
    dataSource.parse({
      images: `${prefix}-images-idx3-ubyte.gz`,
      labels: `${prefix}-labels-idx1-ubyte.gz`,
      normalize: { scale: '1/255' },
      ...(limit ? { limit } : {}),
    });
  const calibration = await openData(source('train', samples), data, openModel(model));
  const raw = join(folder, 'samples.bin');
  writeFileSync(raw, await rawSamples(calibration));
  const ours = join(folder, 'ours.onnx');
  const peers = variants.map((variant) => join(folder, `${variant}.onnx`));
  const seconds = { ours: [] as number[], peers: variants.map(() => [] as number[]) };
  for (let turn = 0; turn < repeats; turn++) {
    log(`${name}: quantizing, turn ${turn + 1} of ${repeats}`);
    seconds.ours.push(await quantizeOurs(model, source('train', samples), data, ours));
    for (const [index, variant] of variants.entries()) {
      const shape = calibration.sampleShape.join(',');
      const args = [model, raw, '--shape', shape, '--out', peers[index]!, '--variant', variant];
      const { result } = await runPeer<{ seconds: number }>(python, 'quantize.py', args);
      seconds.peers[index]!.push(result.seconds);
    }
  }
  log(`${name}: made in ${seconds.ours.map((value) => value.toFixed(3)).join(', ')} s; measuring`);
  // Ours first: the timings' ratios are taken to it, round by round.
  const paths = [ours, model, ...peers];
  const test = await openData(source('t10k'), data, openModel(model));
  const { measurements, ratios, notes } = await measureModels(
    ortRunner,
    paths.map((path) => ({ path, model: openModel(path) })),
    { dataset: test, memory: false },
  );
  for (const note of notes) log(note);
  const rivals = ['float', ...variants].map((rival, index) => ({ rival, index: index + 1 }));
  const percent = (index: number) => 100 * measurements[index]!.accuracy!.value;
  const own = measurements[0]!;
  return [
    ...rivals.flatMap(({ rival, index }) => {
      const { latencyMs, bytes } = measurements[index]!;
      return [
        row(`${name}: accuracy against ${rival}`, percent(0), percent(index), '%'),
        {
          ...row(`${name}: latency against ${rival}`, own.latencyMs.p50, latencyMs.p50, 'ms'),
          ratio: 1 / ratios[index]!.value,
        },
        row(`${name}: size against ${rival}`, own.bytes, bytes, 'bytes'),
      ];
    }),
    ...variants.map((variant, index) =>
      row(
        `${name}: time to make against ${variant}`,
        median(seconds.ours),
        median(seconds.peers[index]!),
        's',
      ),
    ),
  ];
}

async function rawSamples(dataset: Dataset): Promise<Uint8Array> {
  for await (const { input } of dataset.batches(dataset.size))
    return new Uint8Array((input.data as Float32Array).buffer);
  return new Uint8Array();
}

/** Seconds from the model's file and the data's files to the quantized model's file. */
async function quantizeOurs(
  model: string,
  source: Parameters<typeof openData>[0],
  folder: string,
  target: string,
): Promise<number> {
  const step = findStep('quantize');
  if (!step) throw new Error('This version of Pare has no step `quantize`.');
  const started = performance.now();
  const input = openModel(model);
  const { model: made } = await applyStep({
    step,
    settings: checkSettings(step.settings, { samples }).settings!,
    model: input,
    train: await openData(source, folder, input),
    test: undefined,
    seed: 1,
    overrides: [],
    runner: ortRunner,
    signal: new AbortController().signal,
    progress: () => {},
    metric: () => {},
  });
  saveModel(made, target);
  return (performance.now() - started) / 1000;
}
