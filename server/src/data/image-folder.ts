import { closeSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ClassFolder, listClassFolder } from './class-folder.ts';
import { dataError, fileError } from './data-error.ts';
import { type ImageHeader, imageHeader } from './image-header.ts';
import type { DataSource } from './source.ts';

export type ImageSource = Pick<DataSource, 'images' | 'labels' | 'size' | 'classes'>;

/** Metadata before the size of an image (a thumbnail, colour profiles) may take so many bytes. */
const headBytes = 2 ** 18;

/** Lists an image folder. Errors: those of `listClassFolder`; `data-labels` when the source names labels too. */
export function listImages({ images, labels, classes }: ImageSource, folder: string): ClassFolder {
  const path = resolve(folder, images);
  if (labels !== undefined)
    throw dataError(
      'data-labels',
      `'${path}' is a folder of images, whose folders are the classes, but labels are named too.`,
      path,
      'Leave out the labels.',
    );
  const listed = listClassFolder(path, /\.(jpe?g|png|webp)$/i, classes);
  if (listed.files.length > 0) return listed;
  throw dataError(
    'data-empty',
    `The folders in '${path}' hold no images.`,
    path,
    'Images are files that are named `.jpg`, `.jpeg`, `.png` or `.webp`, and lie in the folder of their class.',
  );
}

/**
 * Shape [height, width, channels] of an image folder's samples as they are stored: that of the first image, or `size`.
 * Errors: `file-unreadable`, `data-format`.
 */
export function storedImageShape(
  first: string,
  size: DataSource['size'],
): readonly [number, number, ImageHeader['channels']] {
  const header = requireHeader(readHead(first), first);
  const [height, width] = size ?? [header.height, header.width];
  return [height, width, header.channels];
}

/** The header of an image's bytes. Throws `data-format`. */
export function requireHeader(bytes: Uint8Array, file: string): ImageHeader {
  const header = imageHeader(bytes);
  if (header) return header;
  throw dataError(
    'data-format',
    bytes.byteLength === 0
      ? `'${file}' is empty.`
      : `'${file}' is no JPEG, PNG or WebP image, or its start is damaged.`,
    file,
    'Save or copy it again, or remove it.',
  );
}

export const imagePaths = (source: ImageSource, folder: string, { files }: ClassFolder): readonly string[] =>
  files.map((file) => join(resolve(folder, source.images), file));

function readHead(path: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const buffer = Buffer.alloc(headBytes);
    return buffer.subarray(0, readSync(file, buffer, 0, headBytes, 0));
  } catch (error) {
    throw fileError(error, path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
