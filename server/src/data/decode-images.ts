import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, PareError } from '../base/errors.ts';
import { dataError, fileError } from './data-error.ts';
import { requireHeader } from './image-folder.ts';

export interface DecodedImages {
  /** [samples, height, width, channels]. */
  readonly data: Uint8Array;
  /** SHA-256 of each file, as hexadecimal text. */
  readonly hashes: readonly string[];
}

/** An image that is coded as JPEG, PNG or WebP. */
export interface ImageSource {
  /** As errors call it. */
  readonly name: string;
  readonly file: string;
  readonly read: () => Promise<Uint8Array>;
}

export const imageFile = (file: string): ImageSource => ({
  name: file,
  file,
  read: () => readFile(file).catch((error: unknown) => Promise.reject(fileError(error, file))),
});

export interface ImageForm {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Whether images of another size are brought to this one. */
  readonly resize: boolean;
}

/** Decoded images stay in memory: so many bytes at most. */
const largestSet = 2 ** 31;
/** A single image may have so many pixels, however few bytes it has. */
const mostPixels = 2 ** 27;
/** Images that are read and decoded at the same time: enough for the threads of the pool, which are four. */
const parallel = 8;

/**
 * Reads and decodes images. Colours are those that the file stores: profiles and orientation are passed over, as
 * Pillow and torchvision do, and transparency is dropped. With `resize`, an image is scaled (Lanczos) until it covers
 * the size and is cut around its centre. Grey is (19595 R + 38470 G + 7471 B) / 65536, rounded: ITU-R BT.601 as in Pillow.
 * Errors: `data-too-large`, `image-library`; `file-unreadable`, `data-format` and `data-shape` name the image.
 */
export async function decodeImages(files: readonly ImageSource[], form: ImageForm): Promise<DecodedImages> {
  const { height, width, channels, resize } = form;
  const pixels = height * width;
  const bytes = files.length * pixels * channels;
  if (bytes > largestSet)
    throw dataError(
      'data-too-large',
      `${files.length} images of ${width} x ${height} take ${bytes} bytes when decoded; ${largestSet} may.`,
      files[0]!.file,
      'Use only the first of each class (`limit:`), or make them smaller (`size:`).',
    );
  const sharp = await imageLibrary();
  // Images in parallel make better use of the cores than threads inside of each.
  sharp.concurrency(1);
  sharp.cache(false);
  const data = new Uint8Array(bytes);
  const hashes = new Array<string>(files.length);

  async function decode(sample: number): Promise<void> {
    const { name, file, read } = files[sample]!;
    const coded = await read();
    hashes[sample] = createHash('sha256').update(coded).digest('hex');
    const header = requireHeader(coded, file, name);
    if (!resize && (header.height !== height || header.width !== width))
      throw dataError(
        'data-shape',
        `'${name}' has ${header.width} x ${header.height} pixels; '${files[0]!.name}' has ${width} x ${height}.`,
        file,
        `Bring all images to one size with \`size: [${height}, ${width}]\` (height, width).`,
      );
    const image = sharp(coded, { ignoreIcc: true, limitInputPixels: mostPixels });
    if (resize) image.resize({ height, width, fit: 'cover', position: 'centre' });
    const decoded = await image
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
      .catch((error: unknown) => Promise.reject(undecodable(name, file, error)));
    const { info, data: values } = decoded;
    if (info.height !== height || info.width !== width || (info.channels !== 3 && info.channels !== 1))
      throw undecodable(name, file, `it has ${info.width} x ${info.height} x ${info.channels} values`);
    write(values, info.channels, data.subarray(sample * pixels * channels), pixels, channels);
  }

  let next = 0;
  async function worker(): Promise<void> {
    while (next < files.length) {
      try {
        await decode(next++);
      } catch (error) {
        next = files.length;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, files.length) }, worker));
  return { data, hashes };
}

/** Loaded when there are images to decode: most runs need no image library. */
async function imageLibrary() {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    throw new PareError(
      'image-library',
      `The library that decodes images cannot be loaded: ${messageOf(error).split('\n')[0]}.`,
      {
        hint: `There may be none for this machine (${process.platform} ${process.arch}). Save the images as one NumPy array.`,
        cause: error,
      },
    );
  }
}

/** Copies pixels of 1 or 3 values into as many as are wanted. */
function write(from: Uint8Array, has: 1 | 3, to: Uint8Array, pixels: number, wanted: 1 | 3): void {
  if (has === wanted) {
    to.set(from.subarray(0, pixels * has));
    return;
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (has === 1) to.fill(from[pixel]!, pixel * 3, pixel * 3 + 3);
    else {
      const [red, green, blue] = [from[pixel * 3]!, from[pixel * 3 + 1]!, from[pixel * 3 + 2]!];
      to[pixel] = (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
    }
  }
}

const undecodable = (name: string, file: string, error: unknown) =>
  dataError(
    'data-format',
    `'${name}' cannot be decoded: ${messageOf(error).trim()}.`,
    file,
    'Save or copy it again, or remove it.',
    error,
  );
