import { spawnSync } from 'node:child_process';

/** Builds the bundles before the tests, so that what is tested is what is there. */
export function setup(): void {
  const { status, stderr } = spawnSync('npm', ['run', '--silent', 'build'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`The build failed: ${stderr}`);
}
