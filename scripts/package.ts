/**
 * Makes the extension's VSIX files, one for each platform that onnxruntime has: `npm run package` makes all,
 * `npm run package -- linux-x64` the named ones, `npm run package -- here` the one for this machine.
 */
import { cpSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { createVSIX } from '@vscode/vsce';

const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'] as const;
type Target = (typeof targets)[number];

/** The runtime's file that its binding does not load: a second copy of the same library under its full version. */
const superfluous = /libonnxruntime\.\d+\.\d+\.\d+\.dylib$/;

/** Puts the runtime beside the bundles, with one platform's libraries out of its five. */
function copyRuntime(target: Target): void {
  rmSync('dist/node_modules', { recursive: true, force: true });
  const wanted = join('napi-v6', ...target.split('-'));
  const copy = (name: string, keep: (path: string) => boolean) =>
    cpSync(join('node_modules', name), join('dist/node_modules', name), { recursive: true, filter: keep });
  copy('onnxruntime-node', (path) => {
    if (/[\\/](lib|script)$|\.(map|d\.ts)$/.test(path) || superfluous.test(path)) return false;
    const [, platform] = path.split(`${sep}napi-v6${sep}`);
    return (
      platform === undefined || platform.startsWith(wanted.slice(8)) || wanted.slice(8).startsWith(platform)
    );
  });
  copy('onnxruntime-common', (path) => !/[\\/](lib|esm)$|\.(map|d\.ts)$/.test(path));
}

async function makeVsix(target: Target, version: string): Promise<void> {
  copyRuntime(target);
  const packagePath = `dist/pare-${target}-${version}.vsix`;
  await createVSIX({ target, packagePath, dependencies: false, rewriteRelativeLinks: false });
  console.log(`${packagePath}: ${(statSync(packagePath).size / 1e6).toFixed(1)} MB`);
}

async function main(): Promise<void> {
  const here = `${process.platform}-${process.arch}`;
  const named = process.argv.slice(2).map((name) => (name === 'here' ? here : name));
  const unknown = named.filter((name) => !(targets as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new Error(`There is no runtime for ${unknown.join(', ')}; there is for ${targets.join(', ')}.`);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  try {
    for (const target of named.length > 0 ? (named as Target[]) : targets) await makeVsix(target, version);
  } finally {
    // In a checkout the bundles find the runtime among the installed packages.
    rmSync('dist/node_modules', { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
