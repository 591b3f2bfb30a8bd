import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sharedData } from '../../server/src/data/shared-data.testing.ts';
import type { RunResult } from '../../server/src/protocol/run.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { cacheFolder } from './shared/peers.ts';

const recipes = join(import.meta.dirname, 'recipes');
const pare = join(import.meta.dirname, '../../dist/pare.js');

/** The goal that a recipe states in its first line: `goal: at most 1.64 % test error`, `goal: at least 90.5 % test accuracy`. */
function goalOf(text: string): { readonly error: number } {
  const [, kind, percent] = /goal: at (most|least) ([\d.]+) %/.exec(text) ?? [];
  if (!kind) throw new Error('A recipe of this benchmark states its goal.');
  return { error: kind === 'most' ? Number(percent) : 100 - Number(percent) };
}

export const bench: Bench = {
  summary:
    'Networks trained from scratch by the recipes in test/bench/recipes, beside the error that each has to reach',
  run: async (log) => {
    if (!sharedData)
      throw new Error(
        'This benchmark needs MNIST, Fashion-MNIST and CIFAR-10: name their folder with --data or PARE_DATA.',
      );
    const folder = join(cacheFolder(), 'from-scratch');
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, 'data'), { force: true });
    symlinkSync(join(sharedData, 'data'), join(folder, 'data'));
    const rows: Row[] = [];
    for (const name of readdirSync(recipes).filter((file) => file.endsWith('.pare.yaml'))) {
      const { error: goal } = goalOf(readFileSync(join(recipes, name), 'utf8'));
      copyFileSync(join(recipes, name), join(folder, name));
      log(`pare run ${name} ...`);
      const { stdout, stderr } = spawnSync(process.execPath, [pare, 'run', join(folder, name), '--json'], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      });
      const result = JSON.parse(stdout) as RunResult;
      if (!result.after?.accuracy) throw new Error(`${name}: ${result.error?.message ?? stderr}`);
      rows.push(
        row(
          `${name.replace('.pare.yaml', '')}: test error`,
          100 * (1 - result.after.accuracy.value),
          goal,
          '%',
        ),
      );
      log(
        `  error ${rows.at(-1)!.ours.toFixed(2)} %, goal ${goal.toFixed(2)} %, ${result.seconds.toFixed(0)} s`,
      );
    }
    return rows;
  },
};
