import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '../../../server/src/base/rng.ts';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';
import { runPeer } from '../shared/peers.ts';
import { batches, type Case, rate, threads } from './cases.ts';
import type { Job } from './job.ts';

/** A case made ready in a folder, for both sides. */
export interface Prepared {
  readonly job: Job;
  /** Arguments of `peers/train.py`, after its mode. */
  readonly peerArgs: readonly string[];
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
  return { job: { path, shape, batch, x: xFile, y: yFile, tokens: vocabulary !== undefined }, peerArgs };
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
