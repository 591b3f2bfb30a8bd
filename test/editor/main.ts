/**
 * The tests in a real VS Code: a suite inside its extension host, and the workbench driven like a user does, with the packed
 * extension installed. `-- host` or `-- ui` runs one of them, `-- ui cancel` the scenarios whose name has that in it,
 * `-- --electron` the suite in the desktop program.
 */
import { mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { runInElectron, runInHost } from './in-host.ts';
import { findChromium, installEditor } from './install.ts';
import type { Outcome } from './outcome.ts';
import { runUi } from './ui/run-ui.ts';

async function main(args: readonly string[]): Promise<void> {
  mkdirSync('test-results', { recursive: true });
  const outcomes: Outcome[] = [];
  const note = (more: readonly Outcome[]) => {
    for (const outcome of more) {
      outcomes.push(outcome);
      console.log(
        `${outcome.error === null ? 'ok  ' : 'FAIL'} ${outcome.title} (${outcome.ms.toFixed(0)} ms)`,
      );
      if (outcome.error !== null) console.log(outcome.error.replace(/^/gm, '     '));
    }
  };
  await bundleSuite();
  if (args.includes('--electron')) note(await runInElectron());
  else {
    findChromium();
    const editor = installEditor();
    const [part, name = ''] = args;
    if (part !== 'ui') note(await runInHost(editor));
    if (part !== 'host') await runUi(editor, name, (outcome) => note([outcome]));
  }
  const failed = outcomes.filter(({ error }) => error !== null).length;
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  if (failed > 0 || outcomes.length === 0) process.exitCode = 1;
}

const bundleSuite = () =>
  build({
    entryPoints: ['test/editor/host/index.ts'],
    outfile: '.tsbuild/editor/suite.cjs',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
