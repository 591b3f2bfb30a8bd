import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const codeServer = '4.139.1';
/** The Node that this version of VS Code is made for. */
const nodeVersion = '24.21.0';

export interface Editor {
  /** VS Code's own folder inside the code-server package. */
  readonly folder: string;
  readonly node: string;
}

/**
 * A real VS Code (workbench, extension host, server) from the npm registry, kept in a cache outside of the checkout. Its
 * native modules come prebuilt, so that no install script needs to run.
 */
export function installEditor(): Editor {
  const cache = process.env.PARE_CACHE ?? join(homedir(), '.cache', 'pare');
  const target = join(cache, `vscode-${codeServer}`);
  const node = `node-${process.platform}-${process.arch}`;
  const editor = {
    folder: join(target, 'node_modules/code-server/lib/vscode'),
    node: join(target, 'node_modules', node, 'bin/node'),
  };
  const done = join(target, 'installed');
  if (existsSync(done)) return editor;
  console.log(`Installing VS Code (code-server ${codeServer}) into ${target} ...`);
  // Made aside and renamed, so that a broken installation is never taken for a whole one.
  const making = `${target}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  writeFileSync(join(making, 'package.json'), '{"private":true}');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  npm(making, ['install', '--no-save', ...quiet, `code-server@${codeServer}`, `${node}@${nodeVersion}`]);
  npm(join(making, 'node_modules/code-server/lib/vscode'), ['install', '--omit=dev', ...quiet]);
  writeFileSync(join(making, 'installed'), '');
  rmSync(target, { recursive: true, force: true });
  renameSync(making, target);
  return editor;
}

function npm(cwd: string, args: readonly string[]): void {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${cwd}`);
}

/** The browser that shows the workbench. */
export function findChromium(): string {
  const candidates = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/usr/bin/chromium-browser',
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found)
    throw new Error(
      'The editor tests need Chromium: `apt-get install --no-install-recommends chromium`, or name one in CHROMIUM.',
    );
  return found;
}
