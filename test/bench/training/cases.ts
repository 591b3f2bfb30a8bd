import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../../server/src/base/rng.ts';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';
import type { NdArray } from '../../../server/src/ir/nd-array.ts';
import { runPeer } from '../shared/peers.ts';

/** A model that both train, from the same weights and on the same batches. */
export interface Case {
  readonly name: string;
  /** An ONNX file of the shared models, which PyTorch's side reads too; or a network of `peers/`, which exports itself. */
  readonly model: { readonly shared: string } | { readonly network: 'encoder' };
  /** Of a sample. */
  readonly shape: readonly number[];
  readonly batch: number;
  /** Samples are so many different tokens; images otherwise. */
  readonly vocabulary?: number;
}

const all: readonly Case[] = [
  { name: 'LeNet-5, batch 64', model: { shared: 'lenet-5.onnx' }, shape: [1, 28, 28], batch: 64 },
  { name: 'ResNet-8, batch 128', model: { shared: 'cifar-resnet8.onnx' }, shape: [3, 32, 32], batch: 128 },
  {
    name: 'Transformer, batch 32',
    model: { network: 'encoder' },
    shape: [64],
    batch: 32,
    vocabulary: 1000,
  },
];

/** The cases whose names hold what `PARE_CASE` says; all of them without it. */
export const cases: readonly Case[] = all.filter(({ name }) =>
  name.toLowerCase().includes((process.env.PARE_CASE ?? '').toLowerCase()),
);

/** PyTorch's forms of a case: a layout of channels says something of images alone. */
export const variantsOf = (
  item: Case,
): readonly { readonly name: string; readonly args: readonly string[] }[] => [
  { name: 'PyTorch', args: [] },
  ...(item.vocabulary === undefined ? [{ name: 'PyTorch, channels last', args: ['--channels-last'] }] : []),
];

export const threads = (): number => Number(process.env.PARE_THREADS ?? Math.min(2, availableParallelism()));
export const rate = 0.001;
export const batches = 4;

/** A case made ready in a folder: the files that both sides read. */
export interface Prepared extends Case {
  /** The model for Pare. */
  readonly path: string;
  /** Arguments of `peers/train.py`, after its mode. */
  readonly peerArgs: readonly string[];
  readonly x: Float32Array | BigInt64Array;
  readonly y: Int32Array;
}

/** Writes a case's samples, always the same ones, and has its model exported where it is a network. */
export async function prepare(item: Case, folder: string, python: string): Promise<Prepared> {
  const { model, shape, batch, vocabulary } = item;
  const rng = createRng(1);
  const count = batches * batch;
  const size = count * shape.reduce((a, b) => a * b, 1);
  const x =
    vocabulary === undefined
      ? Float32Array.from({ length: size }, () => rng.next())
      : BigInt64Array.from({ length: size }, () => BigInt(rng.integer(vocabulary)));
  const y = Int32Array.from({ length: count }, () => rng.integer(10));
  const [xFile, yFile] = [join(folder, 'x'), join(folder, 'y')];
  writeFileSync(xFile, x);
  writeFileSync(yFile, y);
  const path = await modelFile(model, folder, python);
  const peerArgs = [
    ...['network' in model ? model.network : path, xFile, yFile],
    ...['--shape', shape.join(), '--batch', `${batch}`, '--rate', `${rate}`, '--threads', `${threads()}`],
    ...(vocabulary === undefined ? [] : ['--tokens']),
  ];
  return { ...item, path, peerArgs, x, y };
}

async function modelFile(model: Case['model'], folder: string, python: string): Promise<string> {
  if ('shared' in model) {
    if (!sharedData) throw new Error('The benchmark needs the models of PARE_DATA.');
    return join(sharedData, 'models', model.shared);
  }
  const path = join(folder, `${model.network}.onnx`);
  await runPeer(python, `${model.network}.py`, [path]);
  return path;
}

/** The data of a step: samples and their classes, batch after batch, round and round. */
export function batchOf(
  { x, y, shape, batch }: Prepared,
  step: number,
): { readonly samples: NdArray; readonly classes: NdArray } {
  const at = (step % batches) * batch;
  const size = x.length / y.length;
  const [from, to] = [at * size, (at + batch) * size];
  const dims = [batch, ...shape];
  return {
    samples:
      x instanceof Float32Array
        ? { type: 'float', dims, data: x.subarray(from, to) }
        : { type: 'int64', dims, data: x.subarray(from, to) },
    classes: { type: 'int32', dims: [batch], data: y.subarray(at, at + batch) },
  };
}
