import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sharedData } from '../../../server/src/data/shared-data.testing.ts';
import type { RunResult } from '../../../server/src/protocol/run.ts';
import { cacheFolder } from './peers.ts';

const root = resolve(import.meta.dirname, '../../..');

/**
 * A folder outside of the checkout where recipes of this repository run: `data/` holds MNIST, Fashion-MNIST and CIFAR-10 (its
 * images unpacked once), `models/` trained models, `examples/` the repository's. Throws where the shared data are missing.
 */
export function recipeFolder(name: string, log: (line: string) => void): string {
  if (!sharedData)
    throw new Error(
      'This needs MNIST, Fashion-MNIST and CIFAR-10: name the folder that holds them with --data or PARE_DATA.',
    );
  const folder = join(cacheFolder(), name);
  const data = join(folder, 'data');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { recursive: true });
  for (const set of ['mnist', 'fashion-mnist']) link(join(sharedData, 'data', set), join(data, set));
  link(cifar(join(sharedData, 'data/cifar10/images.tar.xz'), log), join(data, 'cifar10'));
  link(join(sharedData, 'models'), join(folder, 'models'));
  link(join(root, 'examples'), join(folder, 'examples'));
  return folder;
}

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path, 'junction');
}

/** The folder of CIFAR-10's images: `train/CLASS/NNNN.jpg` and `test/...`. */
function cifar(archive: string, log: (line: string) => void): string {
  const folder = join(cacheFolder(), 'cifar10');
  if (existsSync(join(folder, 'test'))) return folder;
  log(`Unpacking CIFAR-10 into ${folder}, once.`);
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const { status, stderr } = spawnSync('tar', ['-xJf', archive, '-C', part], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${archive} cannot be unpacked: ${stderr}`);
  renameSync(part, folder);
  return folder;
}

/** Writes a recipe into a folder and runs it with the built command line. Throws what the run says went wrong. */
export function runRecipe(folder: string, name: string, text: string): RunResult {
  const path = join(folder, name);
  writeFileSync(path, text);
  const pare = join(root, 'dist/pare.js');
  const { stdout, stderr } = spawnSync(process.execPath, [pare, 'run', path, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const result = stdout === '' ? undefined : (JSON.parse(stdout) as RunResult);
  if (!result?.after) throw new Error(`${name}: ${result?.error?.message ?? stderr}`);
  return result;
}
