import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const example = resolve('examples/fashion-mnist');
export const recipeName = 'fashion.pare.yaml';
export const modelName = 'lenet5.onnx';

export interface TestWorkspace {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly remove: () => void;
}

/** A copy of the example to try things in. */
export function makeWorkspace(): TestWorkspace {
  const folder = mkdtempSync(join(tmpdir(), 'pare-workspace-'));
  cpSync(example, folder, { recursive: true, filter: (path) => !/[\\/]\.pare$/.test(path) });
  return {
    folder,
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The example's recipe with its steps replaced: many of them make a run long enough to be interrupted. */
export function writeLongRecipe(workspace: TestWorkspace, name: string, count: number): void {
  const text = readFileSync(workspace.path(recipeName), 'utf8');
  const steps = Array.from(
    { length: count },
    (_, i) => `  - prune: {sparsity: ${(10 + (80 * i) / count).toFixed(2)} %}`,
  );
  writeFileSync(
    workspace.path(name),
    text.replace(/^steps:\n(?:[ #].*\n)+/m, `steps:\n${steps.join('\n')}\n`),
  );
}

/** What the command line says of the model: the reference that the editor's numbers are held against. */
export interface Inspected {
  readonly parameters: number;
  readonly macs: number;
  readonly bytes: number;
  readonly layers: readonly {
    readonly name: string;
    readonly op: string;
    readonly parameters: number;
    readonly macs: number;
    readonly bytes: number;
  }[];
}

export function inspect(model: string, script = resolve('dist/pare.js')): Inspected {
  const { stdout, stderr } = spawnSync(process.execPath, [script, 'inspect', model, '--json'], {
    encoding: 'utf8',
  });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return JSON.parse(stdout) as Inspected;
}
