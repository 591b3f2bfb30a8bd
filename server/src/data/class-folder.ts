import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PareError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import { dataError, fileError } from './data-error.ts';
import type { DataSource } from './source.ts';

/** What the files of a class folder hold. */
export type Media = 'images' | 'sounds';

const media: Readonly<Record<Media, { readonly names: RegExp; readonly hint: string }>> = {
  images: { names: /\.(jpe?g|png|webp)$/i, hint: 'named `.jpg`, `.jpeg`, `.png` or `.webp`' },
  sounds: { names: /\.wav$/i, hint: 'named `.wav`' },
};

/** A folder that holds a folder for each class, which holds the class's samples as files. */
export interface ClassFolder {
  readonly classNames: readonly string[];
  /** Paths below the folder, with slashes: the first file of each class, then the second of each, and so on. */
  readonly files: readonly string[];
  /** The same files as absolute paths. */
  readonly paths: readonly string[];
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

/** What the files in the folders of a folder hold; undefined where there are none, or it cannot be listed. */
export function mediaIn(folder: string): Media | undefined {
  try {
    for (const name of classFolders(folder))
      for (const file of entries(join(folder, name)))
        for (const kind of ['images', 'sounds'] as const) if (media[kind].names.test(file.name)) return kind;
  } catch (error) {
    // Whoever reads the folder says why it cannot be listed.
    if (!(error instanceof PareError)) throw error;
  }
  return undefined;
}

/**
 * Lists the samples of a class folder. Classes are the folders in the order of their names, or the source's `classes`, which
 * must then name every folder; files are in the order of theirs. Classes take turns, so that the first samples are a fair
 * choice. Names that start with a dot, and those of other kinds of files, are passed over.
 * Errors: `file-unreadable`, `data-empty`, `data-labels`, which labels beside those of the folder give too.
 */
export function listClassFolder(
  { images, labels: others, classes: classNames }: Pick<DataSource, 'images' | 'labels' | 'classes'>,
  base: string,
  kind: Media,
): ClassFolder {
  const folder = resolve(base, images);
  if (others !== undefined)
    throw dataError(
      'data-labels',
      `'${folder}' is a folder of ${kind}, whose folders are the classes, but labels are named too.`,
      folder,
      'Leave out the labels.',
    );
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
          .filter((entry) => media[kind].names.test(entry.name))
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
  if (files.length === 0)
    throw dataError(
      'data-empty',
      `The folders in '${folder}' hold no ${kind}.`,
      folder,
      `Samples are files that are ${Object.values(media)
        .map(({ hint }) => hint)
        .join(', or ')}, and lie in the folder of their class.`,
    );
  return {
    classNames: names,
    files,
    paths: files.map((file) => join(folder, file)),
    labels: Int32Array.from(labels),
  };
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
