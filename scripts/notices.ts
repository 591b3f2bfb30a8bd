import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The licences of packages that are inside the bundles or beside them, as their authors ask to have them handed on. */
export function notices(packages: Iterable<string>, root = 'node_modules'): string {
  const parts = [...new Set(packages)].sort().map((name) => {
    const folder = join(root, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      version: string;
      license?: string;
    };
    const files = readdirSync(folder);
    const read = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
    const file = files.find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    // A package of several libraries says in its description under which licence each of them is.
    const description = files.find((entry) => /^readme/i.test(entry));
    const text = file
      ? read(file)
      : [`Licence: ${license ?? 'not stated'}`, ...(description ? [read(description)] : [])].join('\n\n');
    return `${name} ${version}\n\n${text}\n`;
  });
  return `Pare holds these packages:\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** The package that a source file of a bundle belongs to, if any. */
export function packageOf(path: string): string | undefined {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name && existsSync(join('node_modules', name, 'package.json')) ? name : undefined;
}
