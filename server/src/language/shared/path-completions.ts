import { opendirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CompletionItemKind } from 'vscode-languageserver/node';
import { yamlText } from '../../diagnostics/shared/recipe-text.ts';
import type { Path } from '../../recipe/syntax.ts';
import type { Proposal } from './proposal.ts';

/** A larger folder is looked at in part. */
const most = 1000;

const extensions = {
  model: /\.onnx$/i,
  data: /\.(npy|npz|gz|idx|csv|tsv)$|-ubyte$/i,
} as const;

/** Files and folders for a setting that names a file, relative to the recipe's folder; `typed` may hold the folder already. */
export function pathCompletions(recipe: string, path: Path, typed: string): readonly Proposal[] {
  const wanted = fileKind(path);
  if (!wanted) return [];
  const folder = /^["']?(.*\/)?/.exec(typed)![1] ?? '';
  return entries(resolve(dirname(recipe), folder)).flatMap((entry): Proposal[] => {
    const name = `${folder}${entry.name}`;
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory())
      return [{ label: `${name}/`, text: yamlText(`${name}/`), kind: CompletionItemKind.Folder, rank: '2' }];
    return extensions[wanted].test(entry.name)
      ? [{ label: name, text: yamlText(name), kind: CompletionItemKind.File, rank: '1' }]
      : [];
  });
}

/** What kind of file a setting names; undefined for all other settings. */
export function fileKind(path: Path): 'model' | 'data' | undefined {
  if (path.length === 1 && path[0] === 'model') return 'model';
  const [section, , setting, inner] = path;
  if (section === 'steps' && path.length === 4 && setting === 'distill')
    return inner === 'student' || inner === 'teacher' ? 'model' : undefined;
  return section === 'data' && path.length === 3 && (setting === 'images' || setting === 'labels')
    ? 'data'
    : undefined;
}

function entries(folder: string) {
  const found = [];
  try {
    const open = opendirSync(folder);
    try {
      for (let entry = open.readSync(); entry && found.length < most; entry = open.readSync())
        found.push(entry);
    } finally {
      open.closeSync();
    }
  } catch {
    // No such folder yet: nothing to propose.
  }
  return found;
}
