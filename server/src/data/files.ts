import { join, resolve } from 'node:path';
import { PareError } from '../base/errors.ts';
import { fileOf } from './byte-source.ts';
import { classFolders, isFolder } from './class-folder.ts';
import { isCsv } from './csv.ts';
import { holdsLabels } from './format.ts';
import type { DataSource } from './source.ts';

/**
 * The files that a source's samples and labels come from; of a folder of images or sounds the folder and those in it,
 * which change when a file comes or goes.
 */
export function filesOf(
  source: Pick<DataSource, 'images' | 'labels' | 'inputs' | 'targets'>,
  folder: string,
): readonly string[] {
  const file = resolve(folder, source.images);
  const arrays = isCsv(file) ? {} : (source.targets ?? {});
  const further = [...Object.values(source.inputs ?? {}), ...Object.values(arrays).flat()].map((name) =>
    fileOf(resolve(folder, name)),
  );
  if (isFolder(file)) return [file, ...foldersIn(file), ...further];
  const labels = source.labels === undefined || holdsLabels(file) ? [] : [resolve(folder, source.labels)];
  return [...new Set([...[file, ...labels].map(fileOf), ...further])];
}

function foldersIn(path: string): readonly string[] {
  try {
    return classFolders(path).map((name) => join(path, name));
  } catch (error) {
    // Whoever reads the folder says why it cannot be listed.
    if (error instanceof PareError) return [];
    throw error;
  }
}

/** What a source names within its files: members of archives, the column of a table. */
export const partsOf = ({ images, labels }: Pick<DataSource, 'images' | 'labels'>): readonly string[] =>
  [images, labels ?? ''].map((name, index) =>
    index === 1 && isCsv(images) ? name : name.slice(fileOf(name).length),
  );
