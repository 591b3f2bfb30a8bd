import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, temporaryFolder } from './pare.ts';

const skipped = new Set(['node_modules', '.git', 'dist', '.tsbuild', 'test-results', '.pare']);

/** A copy of the checkout that shares its installed packages. */
function copyOfCheckout(): string {
  const copy = join(temporaryFolder(), 'pare');
  cpSync(root, copy, {
    recursive: true,
    filter: (path) =>
      !skipped.has(path.split(/[\\/]/).at(-1)!) &&
      !path.includes(join('examples', 'fashion-mnist', 'train-images')),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  for (const workspace of ['server', 'client', 'webview']) {
    const nested = join(root, workspace, 'node_modules');
    if (readdirSync(dirname(nested)).includes('node_modules'))
      symlinkSync(nested, join(copy, workspace, 'node_modules'), 'junction');
  }
  mkdirSync(join(copy, 'dist'));
  spawnSync('git', ['init', '-q'], { cwd: copy });
  return copy;
}

describe('CONTRIBUTING', () => {
  it('adds an operator, a step and a diagnostic with one new file each', { timeout: 180_000 }, () => {
    const copy = copyOfCheckout();
    const run = (...command: string[]): string => {
      const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), {
        cwd: copy,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      });
      expect(status, `${command.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
      return stdout;
    };
    const made = [
      run('npm', 'run', '--silent', 'new:operator', 'Cbrt'),
      run('npm', 'run', '--silent', 'new:step', 'sharpen'),
      run('npm', 'run', '--silent', 'new:diagnostic', 'no-nodes'),
    ].join('');
    expect(made).toContain('server/src/ops/cbrt.ts');
    run('npm', 'run', '--silent', 'generate');
    run('npx', 'tsc', '-p', 'server', '--noEmit');
    run('npx', 'biome', 'check', '--error-on-warnings', '--vcs-enabled=false', ...made.trim().split('\n'));
    run('npm', 'run', '--silent', 'check:dependencies');
    run(
      'npx',
      'vitest',
      'run',

      'server/src/steps/sharpen',
      'server/src/diagnostics/examples.test.ts',
    );
    const entry = join('server', 'src', 'cli', 'entry.ts');
    expect(run('node', '--import', 'tsx', entry, 'sharpen', '--help')).toContain('--amount <percentage>');
    run('npm', 'run', '--silent', 'docs');
    expect(run('git', 'status', '--porcelain', '--untracked-files=all')).toContain('docs/operators.md');
    expect(spawnSync('grep', ['-l', 'Cbrt', 'docs/operators.md'], { cwd: copy }).status).toBe(0);
  });
});
