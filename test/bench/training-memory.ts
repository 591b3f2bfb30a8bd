import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { median } from '../../server/src/measure/quantile.ts';
import { type Bench, type Row, row } from './shared/define.ts';
import { peersPython, runPeer } from './shared/peers.ts';
import { type Case, cases, threads, variantsOf } from './training/cases.ts';
import { prepare } from './training/prepare.ts';

/** Resident bytes of a process: with its libraries loaded and nothing done, and the most that it ever held. */
export interface Memory {
  readonly loaded: number;
  readonly peak: number;
}

const steps = 10;
const repeats = 3;
const megabyte = 2 ** 20;

export const bench: Bench = {
  summary: `the peak memory of ${steps} training steps beside PyTorch's, each in a process of its own (Linux)`,
  run: async (log) => {
    const python = peersPython(log);
    const folder = mkdtempSync(join(tmpdir(), 'pare-memory-'));
    try {
      const child = join(folder, 'child.js');
      await bundle(child);
      const rows: Row[] = [];
      for (const item of cases) rows.push(...(await compare(item, child, folder, python, log)));
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** The process, and what training adds to one that has its libraries loaded. Medians of a few processes, in turn. */
async function compare(
  item: Case,
  child: string,
  folder: string,
  python: string,
  log: (line: string) => void,
): Promise<Row[]> {
  const { job, peerArgs } = await prepare(item, folder, python);
  const variants = variantsOf(item);
  const all: Memory[][] = [];
  for (let round = 0; round < repeats; round++) {
    const memories = [runOurs(child, [JSON.stringify(job), `${steps}`, `${threads()}`])];
    for (const { args } of variants) {
      const given = ['memory', ...peerArgs, '--steps', `${steps}`, ...args];
      memories.push((await runPeer<Memory>(python, 'train.py', given)).result);
    }
    all.push(memories);
    log(`${item.name}: ${memories.map(({ peak }) => Math.round(peak / megabyte)).join(', ')} MB`);
  }
  const of = (index: number, figure: (memory: Memory) => number) =>
    median(all.map((round) => figure(round[index]!))) / megabyte;
  const figures = [
    { what: 'peak of the process', of: ({ peak }: Memory) => peak },
    { what: 'peak above the loaded libraries', of: ({ peak, loaded }: Memory) => peak - loaded },
  ];
  return figures.flatMap((figure) =>
    variants.map(({ name }, index) =>
      row(`${item.name}: ${figure.what} against ${name}`, of(0, figure.of), of(index + 1, figure.of), 'MB'),
    ),
  );
}

async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, 'training/memory-child.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['onnxruntime-node', 'sharp'],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: `const importMetaUrl = require('node:url').pathToFileURL(__filename).href;` },
    logLevel: 'error',
  });
}

function runOurs(child: string, args: readonly string[]): Memory {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const modules = resolve(import.meta.dirname, '../../node_modules');
  const { stdout, stderr } = spawnSync(process.execPath, [child, ...args], {
    encoding: 'utf8',
    env: { ...env, NODE_PATH: modules },
  });
  if (stdout === '') throw new Error(`The training has ended: ${stderr}`);
  return JSON.parse(stdout) as Memory;
}
