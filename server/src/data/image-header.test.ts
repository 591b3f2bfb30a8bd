import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageHeader } from './image-header.ts';

const image = (width: number, height: number, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: { r: 200, g: 40, b: 90, alpha: 0.5 } } });

const codings = [
  { name: 'JPEG', format: 'jpeg', channels: 3, code: (w: number, h: number) => image(w, h).jpeg() },
  {
    name: 'progressive JPEG with metadata',
    format: 'jpeg',
    channels: 3,
    code: (w: number, h: number) => image(w, h).jpeg({ progressive: true }).withMetadata({ density: 300 }),
  },
  {
    name: 'grey JPEG',
    format: 'jpeg',
    channels: 1,
    code: (w: number, h: number) => image(w, h).toColourspace('b-w').jpeg(),
  },
  { name: 'PNG', format: 'png', channels: 3, code: (w: number, h: number) => image(w, h).png() },
  {
    name: 'PNG with a palette',
    format: 'png',
    channels: 3,
    code: (w: number, h: number) => image(w, h).png({ palette: true }),
  },
  {
    name: 'PNG with transparency',
    format: 'png',
    channels: 3,
    code: (w: number, h: number) => image(w, h, 4).png(),
  },
  {
    name: 'grey PNG',
    format: 'png',
    channels: 1,
    code: (w: number, h: number) => image(w, h).toColourspace('b-w').png(),
  },
  { name: 'WebP', format: 'webp', channels: 3, code: (w: number, h: number) => image(w, h).webp() },
  {
    name: 'lossless WebP',
    format: 'webp',
    channels: 3,
    code: (w: number, h: number) => image(w, h).webp({ lossless: true }),
  },
  {
    name: 'extended WebP',
    format: 'webp',
    channels: 3,
    code: (w: number, h: number) => image(w, h, 4).webp().withMetadata(),
  },
] as const;

describe('imageHeader', () => {
  it.each(codings)('reads what libvips wrote into a $name', async ({ code, format, channels }) => {
    const size = fc.integer({ min: 1, max: 400 });
    await fc.assert(
      fc.asyncProperty(size, size, async (width, height) => {
        const bytes = await code(width, height).toBuffer();
        expect(imageHeader(bytes)).toEqual({ format, width, height, channels });
      }),
      { numRuns: 5 },
    );
  });

  it('gives a header or nothing, whatever the bytes', async () => {
    const whole = await Promise.all(codings.map(({ code }) => code(9, 7).toBuffer()));
    fc.assert(
      fc.property(
        fc.constantFrom(...whole),
        fc.nat(400),
        fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
        (bytes, length, changes) => {
          const damaged = Uint8Array.from(bytes.subarray(0, length));
          for (const [at, value] of changes) if (at < damaged.byteLength) damaged[at] = value;
          const header = imageHeader(damaged);
          if (header) expect(Math.min(header.width, header.height)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ends on segments that say they have no length', () => {
    expect(imageHeader(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0))).toBeUndefined();
  });
});
