/**
 * Builds every bundle into `dist/`: the extension, the language server, the command line (which is the runner too), the
 * webview and the report's template. `npm run build -- --watch` rebuilds on change, `--sizes` lists what each bundle holds.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as esbuild from 'esbuild';
import { notices, packageOf } from './notices.ts';

interface Bundle {
  readonly name: string;
  /** The first of these files that exists is the entry. */
  readonly entries: readonly string[];
  readonly options: esbuild.BuildOptions;
  /** Packages that must not get into the bundle, and why. */
  readonly never?: readonly { readonly name: string; readonly because: string }[];
  /** A bundle over this many bytes fails the build: growth should be a decision. */
  readonly limit: number;
}

const node: esbuild.BuildOptions = {
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Some packages' `main` is UMD, whose inner requires are not bundled: prefer their ES modules.
  mainFields: ['module', 'main'],
  define: { 'import.meta.url': 'importMetaUrl' },
};
const metaUrl = `const importMetaUrl = require('node:url').pathToFileURL(__filename).href;`;
const browser: esbuild.BuildOptions = { platform: 'browser', format: 'iife', target: 'chrome120' };

const bundles: readonly Bundle[] = [
  {
    name: 'extension.js',
    entries: ['client/src/extension.ts'],
    options: { ...node, external: ['vscode'], banner: { js: metaUrl } },
    never: [{ name: 'onnxruntime-node', because: 'only the runner may load it' }],
    limit: 700_000,
  },
  {
    name: 'server.js',
    entries: ['server/src/language/main.ts'],
    options: { ...node, external: ['onnxruntime-node', 'sharp'], banner: { js: metaUrl } },
    never: [
      { name: 'onnxruntime-node', because: 'the language server must outlive whatever a model does' },
      { name: '@huggingface/tokenizers', because: 'a tokenizer may hold patterns that take forever' },
      { name: 'sharp', because: 'the language server must outlive whatever an image does' },
    ],
    limit: 2_000_000,
  },
  {
    name: 'pare.js',
    entries: ['server/src/cli/entry.ts'],
    options: {
      ...node,
      external: ['onnxruntime-node', 'sharp'],
      banner: { js: `#!/usr/bin/env node\n${metaUrl}` },
    },
    limit: 3_000_000,
  },
  {
    name: 'webview.js',
    entries: ['webview/src/main.ts'],
    options: browser,
    limit: 500_000,
  },
  {
    name: 'report.js',
    entries: ['webview/src/report.ts'],
    options: browser,
    limit: 400_000,
  },
];

/** One HTML file that needs nothing else; the run's result takes the place of the comment in `pare-result`. */
function writeReportTemplate(): void {
  if (!existsSync('dist/report.js')) return;
  const script = readFileSync('dist/report.js', 'utf8').replaceAll('</script', '<\\/script');
  const style = existsSync('dist/report.css') ? readFileSync('dist/report.css', 'utf8') : '';
  // The page's own script and style are all that may run in it, whatever the result holds.
  const allow = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  writeFileSync(
    'dist/report.html',
    [
      '<!doctype html>',
      '<html lang="en">',
      '<head>',
      '<meta charset="utf-8">',
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${allow(style)}; script-src ${allow(script)}">`,
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      '<title>Pare report</title>',
      `<style>${style}</style>`,
      '</head>',
      '<body class="report">',
      '<main id="root"></main>',
      '<script type="application/json" id="pare-result">/*PARE_RESULT*/</script>',
      `<script>${script}</script>`,
      '</body>',
      '</html>',
      '',
    ].join('\n'),
  );
}

function check({ name, never = [], limit }: Bundle, { metafile }: esbuild.BuildResult): void {
  const [output] = Object.entries(metafile!.outputs).filter(([path]) => path.endsWith(`/${name}`));
  const { bytes, inputs, imports } = output![1];
  console.log(`${name.padEnd(14)} ${(bytes / 1024).toFixed(0).padStart(6)} KB`);
  if (process.argv.includes('--sizes')) {
    const sizes = new Map<string, number>();
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const owner = packageOf(path) ?? path.split('/').slice(0, 3).join('/');
      sizes.set(owner, (sizes.get(owner) ?? 0) + bytesInOutput);
    }
    for (const [owner, size] of [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 12))
      console.log(`  ${(size / 1024).toFixed(0).padStart(6)} KB  ${owner}`);
  }
  for (const { name: other, because } of never) {
    const found =
      imports.some(({ path }) => path === other) ||
      Object.keys(inputs).some((path) => path.includes(`node_modules/${other}/`));
    if (found) throw new Error(`${name} holds ${other}, and must not: ${because}`);
  }
  if (bytes > limit) throw new Error(`${name} has ${bytes} bytes, over its limit of ${limit}`);
}

/** Packages that are in the bundles, and those that stand beside them. */
const packages = new Set(['onnxruntime-node', 'onnxruntime-common']);

async function build(bundle: Bundle, watch: boolean): Promise<void> {
  const entry = bundle.entries.find((path) => existsSync(path));
  if (!entry) {
    console.log(`${bundle.name.padEnd(14)} skipped: there is no ${bundle.entries.join(' or ')} yet`);
    return;
  }
  const options: esbuild.BuildOptions = {
    bundle: true,
    minify: true,
    // Names of classes and functions appear in messages and stack traces.
    keepNames: bundle.options.platform === 'node',
    sourcemap: bundle.options.platform === 'node' ? 'linked' : false,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    entryPoints: [entry],
    outfile: `dist/${basename(bundle.name)}`,
    ...bundle.options,
  };
  if (watch) return (await esbuild.context(options)).watch();
  const result = await esbuild.build(options);
  for (const path of Object.keys(result.metafile!.inputs)) {
    const name = packageOf(path);
    if (name) packages.add(name);
  }
  check(bundle, result);
}

async function main(): Promise<void> {
  const watch = process.argv.includes('--watch');
  mkdirSync('dist', { recursive: true });
  rmSync('dist/node_modules', { recursive: true, force: true });
  await Promise.all(bundles.map((bundle) => build(bundle, watch)));
  writeReportTemplate();
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(packages));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
