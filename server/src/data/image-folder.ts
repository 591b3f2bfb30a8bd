import { dataError } from './data-error.ts';
import { readHead } from './file-head.ts';
import { type ImageHeader, imageHeader } from './image-header.ts';
import type { DataSource } from './source.ts';

/**
 * Shape [height, width, channels] of an image folder's samples as they are stored: that of the first image, or `size`.
 * Errors: `file-unreadable`, `data-format`.
 */
export function storedImageShape(
  first: string,
  size: DataSource['size'],
): readonly [number, number, ImageHeader['channels']] {
  return imageShape(readHead(first).bytes, first, size);
}

/** The same of an image's bytes. Throws `data-format`. */
export function imageShape(
  bytes: Uint8Array,
  file: string,
  size: DataSource['size'],
): readonly [number, number, ImageHeader['channels']] {
  const header = requireHeader(bytes, file);
  const [height, width] = size ?? [header.height, header.width];
  return [height, width, header.channels];
}

/** The header of an image's bytes. Throws `data-format`. */
export function requireHeader(bytes: Uint8Array, file: string, name = file): ImageHeader {
  const header = imageHeader(bytes);
  if (header) return header;
  throw dataError(
    'data-format',
    bytes.byteLength === 0
      ? `'${name}' is empty.`
      : `'${name}' is no JPEG, PNG or WebP image, or its start is damaged.`,
    file,
    'Save or copy it again, or remove it.',
  );
}
