import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Editor } from './install.ts';

export interface ServerOptions {
  readonly vsix?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Heeds the payload of the address, which names tests to run; notifications are held back then. */
  readonly forTests?: boolean;
}

export interface VsCodeServer {
  /** Address of the workbench with a folder open; `payload` is what the command line would say. */
  readonly url: (folder: string, payload?: Readonly<Record<string, string>>) => string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const settings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'editor.minimap.enabled': false,
};

/** Starts VS Code's server with an extensions folder and user data of its own. */
export async function startServer(editor: Editor, options: ServerOptions = {}): Promise<VsCodeServer> {
  const home = mkdtempSync(join(tmpdir(), 'pare-editor-'));
  for (const kind of ['Machine', 'User']) {
    mkdirSync(join(home, 'data', kind), { recursive: true });
    writeFileSync(
      join(home, 'data', kind, 'settings.json'),
      JSON.stringify({ ...settings, ...options.settings }),
    );
  }
  const common = [
    join(editor.folder, 'out/server-main.js'),
    ...['--server-data-dir', home, '--user-data-dir', join(home, 'data')],
    ...[
      '--extensions-dir',
      join(home, 'extensions'),
      '--accept-server-license-terms',
      '--telemetry-level',
      'off',
    ],
  ];
  const log = join(home, 'server.log');
  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(editor.node, [...common, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const file = createWriteStream(log, { flags: 'a' });
    child.stdout!.pipe(file, { end: false });
    child.stderr!.pipe(file, { end: false });
    return child;
  };
  const whole = () => new Error(`VS Code's server did not do it: ${readFileSync(log, 'utf8').slice(-2000)}`);
  if (options.vsix) {
    const [code] = await once(start(['--install-extension', options.vsix]), 'exit');
    if (code !== 0) throw whole();
  }
  const port = await freePort();
  const child = start([
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...(options.forTests ? ['--enable-smoke-test-driver'] : []),
  ]);
  const authority = `127.0.0.1:${port}`;
  const end = Date.now() + 60_000;
  while (
    !(await fetch(`http://${authority}/`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > end || child.exitCode !== null) throw whole();
    await sleep(100);
  }
  return {
    pid: child.pid!,
    url: (folder, payload = {}) => {
      const entries = Object.entries(payload).map(([key, path]) => [
        key,
        `vscode-remote://${authority}${path}`,
      ]);
      const query = new URLSearchParams({
        folder,
        payload: JSON.stringify([['skipWelcome', 'true'], ...entries]),
      });
      return `http://${authority}/?${query}`;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(timer);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
