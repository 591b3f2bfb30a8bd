import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../base/suggest.ts';
import { dataError, fileError } from './data-error.ts';

/** A folder that holds a folder for each class, which holds the class's samples as files. */
export interface ClassFolder {
  readonly classNames: readonly string[];
  /** Paths below the folder, with slashes: the first file of each class, then the second of each, and so on. */
  readonly files: readonly string[];
  /** Class of each file. */
  readonly labels: Int32Array;
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // Whoever reads it says what is wrong.
    return false;
  }
}

/**
 * Lists the files of a class folder whose names match `wanted`. Classes are the folders in the order of their names, or
 * `classNames`, which must then name every folder; files are in the order of theirs. Classes take turns, so that the first
 * samples are a fair choice. Names that start with a dot are passed over.
 * Errors: `file-unreadable`, `data-empty`, `data-labels`.
 */
export function listClassFolder(
  folder: string,
  wanted: RegExp,
  classNames: readonly string[] | undefined,
): ClassFolder {
  const found = classFolders(folder);
  if (found.length === 0)
    throw dataError(
      'data-empty',
      `'${folder}' holds no folders; samples lie in a folder for each class.`,
      folder,
      `Sort the files into folders that have the names of the classes, such as '${join(folder, 'cat', '1.jpg')}'.`,
    );
  const names = classNames ?? found;
  const unnamed = found.find((name) => !names.includes(name));
  if (unnamed !== undefined)
    throw dataError(
      'data-labels',
      `'${folder}' has a folder '${unnamed}', which is not among the named classes.${suggestion(unnamed, names)}`,
      folder,
      'Name all classes in `classes`, or leave it out.',
    );
  const classes = names.map((name) =>
    found.includes(name)
      ? entries(join(folder, name))
          .filter((entry) => wanted.test(entry.name))
          .map((entry) => `${name}/${entry.name}`)
          .sort()
      : [],
  );
  const most = classes.reduce((length, files) => Math.max(length, files.length), 0);
  const files: string[] = [];
  const labels: number[] = [];
  for (let turn = 0; turn < most; turn++)
    for (const [label, own] of classes.entries()) {
      if (turn >= own.length) continue;
      files.push(own[turn]!);
      labels.push(label);
    }
  return { classNames: names, files, labels: Int32Array.from(labels) };
}

/** Names of the folders in a folder, in the order of their characters' codes. */
export function classFolders(folder: string): readonly string[] {
  return entries(folder)
    .filter((entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(folder, entry.name))))
    .map(({ name }) => name)
    .sort();
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'));
  } catch (error) {
    throw fileError(error, folder);
  }
}

function suggestion(name: string, names: readonly string[]): string {
  const meant = didYouMean(name, names);
  return meant ? ` Did you mean '${meant}'?` : '';
}
