/** Checks the direction of dependencies, and that the checker saw the code at all: with an unsupported TypeScript it sees nothing and is content. */
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync(
  'npx',
  [
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'server/src',
    'client/src',
    'webview/src',
  ],
  { encoding: 'utf8', maxBuffer: 2 ** 30, shell: process.platform === 'win32' },
);
if (!stdout.startsWith('{')) {
  console.error(stderr || stdout);
  process.exit(1);
}
const { summary } = JSON.parse(stdout) as {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
};
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
console.log(`${summary.totalCruised} modules, ${summary.violations.length} violations`);
if (summary.totalCruised < 20 || summary.violations.length > 0) process.exitCode = 1;
