/**
 * Makes the extension's VSIX files, one for each platform that onnxruntime has, with the native libraries of that platform: `npm run package` makes all,
 * `npm run package -- linux-x64` the named ones, `npm run package -- here` the one for this machine.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { notices } from './notices.ts';

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

/** Puts the image library beside the bundles, with one platform's binaries. */
function copyImageLibrary(target: Target): void {
  const platform = [`@img/sharp-${target}`];
  // On Windows the first package holds libvips too.
  if (!target.startsWith('win32')) platform.push(`@img/sharp-libvips-${target}`);
  const packages = ['sharp', 'detect-libc', 'semver', '@img/colour', ...platform];
  for (const name of packages)
    cpSync(installedOrPacked(name), join('dist/node_modules', name), {
      recursive: true,
      filter: (path) => !/[\\/](src|install|bin)$|\.(map|d\.[cm]?ts)$/.test(path),
    });
  writeFileSync(noticesFile, `${bundled}\n${notices(packages, 'dist/node_modules')}`);
}

const noticesFile = 'dist/THIRD-PARTY-NOTICES.txt';
/** Notices of what is in the bundles. */
const bundled = readFileSync(noticesFile, 'utf8');
const downloads = mkdtempSync(join(tmpdir(), 'pare-package-'));

/** The folder of a package; one for another platform is fetched in the version of the lock file, and checked against it. */
function installedOrPacked(name: string): string {
  const installed = join('node_modules', name);
  if (existsSync(installed)) return installed;
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { version: string; integrity: string } | undefined>;
  };
  const locked = packages[`node_modules/${name}`];
  if (!locked) throw new Error(`package-lock.json does not name ${name}`);
  const folder = mkdtempSync(join(downloads, 'package-'));
  const shell = process.platform === 'win32';
  const [packed] = JSON.parse(
    execFileSync(
      'npm',
      ['pack', `${name}@${locked.version}`, '--json', '--silent', '--pack-destination', folder],
      {
        encoding: 'utf8',
        shell,
      },
    ),
  ) as readonly { readonly filename: string }[];
  const archive = readFileSync(join(folder, packed!.filename));
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
  if (integrity !== locked.integrity)
    throw new Error(`${name}@${locked.version} is not what package-lock.json names: ${integrity}`);
  execFileSync('tar', ['-xzf', packed!.filename], { cwd: folder });
  return join(folder, 'package');
}

async function makeVsix(target: Target, version: string): Promise<void> {
  copyRuntime(target);
  copyImageLibrary(target);
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
    rmSync(downloads, { recursive: true, force: true });
    writeFileSync(noticesFile, bundled);
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
