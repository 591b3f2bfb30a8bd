import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../base/errors.ts';
import { createRng } from '../base/rng.ts';
import { describeDataset } from './facts.ts';
import { openDataset } from './open.ts';
import { dataSource } from './source.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-images-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
}

function pixels(height: number, width: number, seed: number, channels: 1 | 3 = 3): Pixels {
  const rng = createRng(seed);
  const bytes = Uint8Array.from({ length: height * width * channels }, () => rng.integer(256));
  return { height, width, channels, bytes };
}
const raw = ({ bytes, height, width, channels }: Pixels): Sharp =>
  sharp(bytes, { raw: { height, width, channels } });

async function save(name: string, image: Sharp): Promise<void> {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const coded = name.endsWith('.png')
    ? image.png()
    : name.endsWith('.webp')
      ? image.webp({ lossless: true })
      : image.jpeg();
  writeFileSync(path, await coded.toBuffer());
}

const open = (value: Record<string, unknown>, shape?: (number | string)[]) =>
  openDataset(dataSource.parse(value), folder, shape);
async function first(dataset: Awaited<ReturnType<typeof openDataset>>) {
  for await (const batch of dataset.batches(100)) return batch;
  throw new Error('no samples');
}
const error = (code: string, name: string) =>
  expect.objectContaining({ code, place: { file: join(folder, name) }, hint: expect.any(String) });

/** Channels of a pixel apart, as models want them. */
const planes = ({ bytes, channels }: Pixels): number[] =>
  Array.from({ length: channels }, (_, channel) =>
    Array.from(bytes).filter((_, index) => index % channels === channel),
  ).flat();

const set = {
  'cat/1.png': pixels(4, 5, 1),
  'cat/2.png': pixels(4, 5, 2),
  'cat/10.png': pixels(4, 5, 3),
  'dog/a.png': pixels(4, 5, 4),
  'ant/z.webp': pixels(4, 5, 5),
};
await Promise.all(Object.entries(set).map(([name, image]) => save(`set/${name}`, raw(image))));
writeFileSync(join(folder, 'set', 'readme.txt'), 'not a class');
writeFileSync(join(folder, 'set', 'cat', 'notes.txt'), 'not an image');
mkdirSync(join(folder, 'set', '.cache'));

describe('a folder of images', () => {
  it('gives classes by name, which take turns, and the pixels that were stored', async () => {
    const dataset = await open({ images: 'set' }, [3, 4, 5]);
    expect(dataset).toMatchObject({
      size: 5,
      classes: 3,
      classNames: ['ant', 'cat', 'dog'],
      sampleShape: [3, 4, 5],
    });
    const { input, labels } = await first(dataset);
    expect([...labels!]).toEqual([0, 1, 2, 1, 1]);
    const order = ['ant/z.webp', 'cat/1.png', 'dog/a.png', 'cat/10.png', 'cat/2.png'] as const;
    expect(Array.from(input.data as Float32Array)).toEqual(order.flatMap((name) => planes(set[name])));
  });

  it('is normalized by channel and keeps to the limit', async () => {
    const mean = [0.1, 0.2, 0.3];
    const dataset = await open({ images: 'set', limit: 2, normalize: { scale: '1/255', mean } }, [3, 4, 5]);
    const { input, labels } = await first(dataset);
    expect([...labels!]).toEqual([0, 1]);
    const expected = planes(set['ant/z.webp']).map((value, at) =>
      Math.fround(value / 255 - mean[Math.floor(at / 20)]!),
    );
    for (const [at, value] of expected.entries()) expect(input.data[at]).toBeCloseTo(value, 6);
  });

  it('takes the order of the classes from their names in the recipe', async () => {
    const dataset = await open({ images: 'set', classes: ['dog', 'cat', 'bird', 'ant'] }, [3, 4, 5]);
    expect(dataset.classes).toBe(4);
    expect([...(await first(dataset)).labels!]).toEqual([0, 1, 3, 1, 1]);
    await expect(open({ images: 'set', classes: ['dog', 'cats', 'ant'] })).rejects.toThrow(
      /'cat'.*mean 'cats'/,
    );
  });

  it.each([{ wanted: [1, 4, 5] }, { wanted: [4, 5] }, { wanted: [20] }])(
    'is grey for a model that wants $wanted, as in Pillow',
    async ({ wanted }) => {
      const { input } = await first(await open({ images: 'set', limit: 1 }, wanted));
      const { bytes } = set['ant/z.webp'];
      // Image.convert('L') in Pillow's documentation, to within its rounding.
      for (let at = 0; at < 20; at++) {
        const [r, g, b] = bytes.subarray(at * 3) as unknown as [number, number, number];
        expect(Math.abs(Number(input.data[at]) - (r * 299 + g * 587 + b * 114) / 1000)).toBeLessThan(0.51);
      }
    },
  );

  it('gives grey images to a model that wants colours, and the other way round', async () => {
    const grey = pixels(3, 4, 9, 1);
    await save('grey/a/1.png', raw(grey).toColourspace('b-w'));
    expect(describeDataset({ images: 'grey' }, folder).sampleShape).toEqual([3, 4, 1]);
    const colours = await first(await open({ images: 'grey' }, [3, 3, 4]));
    expect(Array.from(colours.input.data as Float32Array)).toEqual([1, 2, 3].flatMap(() => [...grey.bytes]));
    const same = await first(await open({ images: 'grey' }, [1, 3, 4]));
    expect(Array.from(same.input.data as Float32Array)).toEqual([...grey.bytes]);
  });

  it('brings images of any size to the size of the recipe, cut around the centre', async () => {
    // A wide image of three vertical bars: the middle one remains.
    const wide = await sharp({ create: { width: 60, height: 20, channels: 3, background: '#000' } })
      .composite([
        {
          input: { create: { width: 20, height: 20, channels: 3, background: '#fff' } },
          left: 20,
          top: 0,
        },
      ])
      .png()
      .toBuffer();
    await save('sizes/a/1.png', sharp(wide));
    await save('sizes/a/2.jpg', raw(pixels(9, 7, 3)));
    const { input } = await first(await open({ images: 'sizes', size: [20, 20] }, [3, 20, 20]));
    expect(input.dims).toEqual([2, 3, 20, 20]);
    expect(Array.from(input.data.slice(0, 1200) as Float32Array)).toEqual(new Array(1200).fill(255));
    await expect(open({ images: 'sizes' })).rejects.toEqual(error('data-shape', 'sizes/a/2.jpg'));
    await expect(open({ images: 'sizes' })).rejects.toThrow(/7 x 9 pixels.*60 x 20/);
  });

  it('passes over orientation and transparency', async () => {
    const image = pixels(2, 3, 7);
    await save('turned/a/1.png', raw(image).withMetadata({ orientation: 6 }));
    await save('turned/a/2.png', raw(image).ensureAlpha(0.3));
    const { input } = await first(await open({ images: 'turned' }, [3, 2, 3]));
    expect(Array.from(input.data as Float32Array)).toEqual([...planes(image), ...planes(image)]);
  });

  it('has a hash of names and content, not of where it lies', async () => {
    cpSync(join(folder, 'set'), join(folder, 'copy'), { recursive: true });
    const { hash } = await open({ images: 'set' }, [3, 4, 5]);
    expect((await open({ images: 'copy' }, [3, 4, 5])).hash).toBe(hash);
    expect((await open({ images: 'copy' }, [1, 4, 5])).hash).not.toBe(hash);
    expect((await open({ images: 'copy', size: [4, 4] })).hash).not.toBe(hash);
    await save('copy/cat/10.png', raw(pixels(4, 5, 99)));
    expect((await open({ images: 'copy' }, [3, 4, 5])).hash).not.toBe(hash);
  });

  it('is described by its names and its first image', () => {
    const facts = { samples: 5, labels: 5, anyChannels: true };
    expect(describeDataset({ images: 'set' }, folder)).toEqual({ ...facts, sampleShape: [4, 5, 3] });
    expect(describeDataset({ images: 'set', size: [32, 48] }, folder)).toEqual({
      ...facts,
      sampleShape: [32, 48, 3],
    });
  });
});

describe('a folder that is no set of images', () => {
  it('says what it lacks', async () => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'hollow', 'cat'), { recursive: true });
    await save('flat/1.png', raw(pixels(2, 2, 1)));
    for (const name of ['empty', 'hollow', 'flat']) {
      await expect(open({ images: name })).rejects.toEqual(error('data-empty', name));
      expect(() => describeDataset({ images: name }, folder)).toThrow(error('data-empty', name));
    }
    await expect(open({ images: 'set', labels: 'labels.npy' })).rejects.toEqual(error('data-labels', 'set'));
    await expect(open({ images: 'set' }, [3, 8, 8])).rejects.toEqual(error('data-shape', 'set'));
  });

  it('refuses more than memory should hold before it reads', async () => {
    await expect(open({ images: 'set', size: [60000, 60000] })).rejects.toMatchObject({
      code: 'data-too-large',
    });
  });

  it('names an image that cannot be decoded', async () => {
    const whole = await raw(pixels(32, 32, 1))
      .jpeg()
      .toBuffer();
    for (const [name, bytes] of [
      ['cut', whole.subarray(0, whole.byteLength / 2)],
      ['nothing', new Uint8Array()],
      ['text', Buffer.from('hello')],
    ] as const) {
      await save(`${name}/a/1.jpg`, sharp(whole));
      await save(`${name}/b/1.jpg`, sharp(whole));
      writeFileSync(join(folder, name, 'b', '1.jpg'), bytes);
      await expect(open({ images: name })).rejects.toEqual(error('data-format', `${name}/b/1.jpg`));
    }
  });

  it('gives samples or an error that a person can read, whatever the bytes of an image', async () => {
    const image = raw(pixels(8, 8, 1));
    const whole = await Promise.all([
      image.clone().jpeg().toBuffer(),
      image.clone().png().toBuffer(),
      image.clone().webp().toBuffer(),
    ]);
    mkdirSync(join(folder, 'damaged', 'a'), { recursive: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.nat(1000),
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 }),
        async (bytes, length, changes) => {
          const damaged = Uint8Array.from(bytes.subarray(0, length));
          for (const [at, value] of changes) if (at < damaged.byteLength) damaged[at] = value;
          writeFileSync(join(folder, 'damaged', 'a', '1.jpg'), damaged);
          try {
            const { input } = await first(await open({ images: 'damaged', size: [8, 8] }, [3, 8, 8]));
            expect(input.data.length).toBe(192);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PareError);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
