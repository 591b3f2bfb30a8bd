import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { PareError } from '../base/errors.ts';
import { describeDataset } from './facts.ts';
import { openDataset } from './open.ts';
import { dataSource } from './source.ts';
import { decodeWav, wavHeader } from './wav.ts';

const folder = mkdtempSync(join(tmpdir(), 'pare-sounds-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Sound {
  readonly kind: 'pcm' | 'float';
  readonly bits: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly extensible?: boolean;
  /** Channels of a moment side by side; integers for PCM. */
  readonly values: readonly number[];
}

function wavFile({ kind, bits, channels = 1, rate = 16000, extensible = false, values }: Sound): Uint8Array {
  const width = bits / 8;
  const code = kind === 'pcm' ? 1 : 3;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : code, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE(rate * channels * width, 8);
  format.writeUInt16LE(channels * width, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) format.writeUInt16LE(code, 24);
  const body = Buffer.alloc(values.length * width);
  for (const [index, value] of values.entries()) {
    if (kind === 'float' && width === 4) body.writeFloatLE(value, index * 4);
    else if (kind === 'float') body.writeDoubleLE(value, index * 8);
    else if (width === 1) body.writeUInt8(value + 128, index);
    else body.writeIntLE(value, index * width, width);
  }
  const chunk = (name: string, bytes: Uint8Array) => {
    const head = Buffer.alloc(8);
    head.write(name, 'latin1');
    head.writeUInt32LE(bytes.byteLength, 4);
    return Buffer.concat([head, bytes, Buffer.alloc(bytes.byteLength % 2)]);
  };
  // A chunk of odd length in between, as editors of sound write for titles.
  const chunks = [chunk('fmt ', format), chunk('LIST', Buffer.from('abc')), chunk('data', body)];
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), ...chunks]));
}

function save(name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), bytes);
}
const open = (value: Record<string, unknown>, shape?: number[]) =>
  openDataset(dataSource.parse(value), folder, shape);
async function first(dataset: Awaited<ReturnType<typeof openDataset>>) {
  for await (const batch of dataset.batches(100)) return batch;
  throw new Error('no samples');
}
const error = (code: string, name: string) =>
  expect.objectContaining({ code, place: { file: join(folder, name) }, hint: expect.any(String) });

describe('WAV', () => {
  it.each([8, 16, 24, 32])('gives %i-bit integers as fractions of their range, channels mixed', (bits) => {
    const most = 2 ** (bits - 1);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: -most, max: most - 1 }), { minLength: 4, maxLength: 40 }),
        fc.boolean(),
        (channels, all, extensible) => {
          const values = all.slice(0, all.length - (all.length % channels));
          const bytes = wavFile({ kind: 'pcm', bits, channels, values, extensible });
          const header = wavHeader(bytes, bytes.byteLength, 'x.wav');
          expect(header).toMatchObject({ channels, rate: 16000, frames: values.length / channels });
          const out = new Float32Array(header.frames);
          decodeWav(bytes, header, out);
          const mixed = Array.from(out, (_, frame) =>
            values
              .slice(frame * channels, (frame + 1) * channels)
              .reduce((sum, value) => sum + value / most, 0),
          );
          expect(out).toEqual(Float32Array.from(mixed, (sum) => sum / channels));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([32, 64])('gives %i-bit floats as they are', (bits) => {
    const values = [0, -1, 0.25, 1.5];
    const bytes = wavFile({ kind: 'float', bits, values });
    const out = new Float32Array(4);
    decodeWav(bytes, wavHeader(bytes, bytes.byteLength, 'x.wav'), out);
    expect([...out]).toEqual(values);
  });

  it('goes to the end of a file whose size was not known when it was begun', () => {
    const bytes = Buffer.from(wavFile({ kind: 'pcm', bits: 16, values: [1, 2, 3] }));
    bytes.writeUInt32LE(0xffffffff, bytes.byteLength - 6 - 4);
    expect(wavHeader(bytes, bytes.byteLength, 'x.wav').frames).toBe(3);
  });

  it('gives sounds or an error that a person can read, whatever the bytes', () => {
    const whole = wavFile({
      kind: 'pcm',
      bits: 24,
      channels: 2,
      values: new Array(20).fill(5),
      extensible: true,
    });
    fc.assert(
      fc.property(
        fc.nat(whole.byteLength),
        fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 }),
        (length, changes) => {
          const damaged = Uint8Array.from(whole.subarray(0, length));
          for (const [at, value] of changes) if (at < damaged.byteLength) damaged[at] = value;
          try {
            const header = wavHeader(damaged, damaged.byteLength, 'x.wav');
            decodeWav(damaged, header, new Float32Array(header.frames));
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PareError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a folder of sounds', () => {
  const sound = (values: readonly number[], rate?: number) =>
    wavFile({ kind: 'float', bits: 32, values, ...(rate ? { rate } : {}) });
  save('set/no/1.wav', sound([0.5, 0.25]));
  save('set/yes/1.wav', sound([1, -1]));
  save('set/yes/2.wav', sound([0, 0.125]));

  it('gives classes by name, which take turns', async () => {
    const dataset = await open({ images: 'set' }, [1, 2]);
    expect(dataset).toMatchObject({ size: 3, classNames: ['no', 'yes'], sampleShape: [1, 2] });
    const { input, labels } = await first(dataset);
    expect([...labels!]).toEqual([0, 1, 1]);
    expect(Array.from(input.data as Float32Array)).toEqual([0.5, 0.25, 1, -1, 0, 0.125]);
    expect(describeDataset({ images: 'set' }, folder)).toEqual({ samples: 3, sampleShape: [2], labels: 3 });
    expect(describeDataset({ images: 'set', length: 9 }, folder).sampleShape).toEqual([9]);
  });

  it('cuts what is longer and adds silence to what is shorter', async () => {
    save('lengths/a/1.wav', sound([0.1, 0.2, 0.3, 0.4]));
    save('lengths/a/2.wav', sound([0.5]));
    const { input } = await first(await open({ images: 'lengths', length: 3 }));
    expect(input.data).toEqual(Float32Array.of(0.1, 0.2, 0.3, 0.5, 0, 0));
    await expect(open({ images: 'lengths' })).rejects.toEqual(error('data-shape', 'lengths/a/2.wav'));
  });

  it('has a hash of the content', async () => {
    const { hash } = await open({ images: 'set' });
    expect((await open({ images: 'set', length: 3 })).hash).not.toBe(hash);
    save('other/no/1.wav', sound([0.5, 0.25]));
    save('other/yes/1.wav', sound([1, -1]));
    save('other/yes/2.wav', sound([0, 0.126]));
    expect((await open({ images: 'other' })).hash).not.toBe(hash);
  });

  it('names what cannot be read together', async () => {
    save('rates/a/1.wav', sound([1, 2]));
    save('rates/a/2.wav', sound([1, 2], 44100));
    await expect(open({ images: 'rates' })).rejects.toEqual(error('data-shape', 'rates/a/2.wav'));
    save('bad/a/1.wav', Buffer.from('RIFF'));
    await expect(open({ images: 'bad' })).rejects.toEqual(error('data-format', 'bad/a/1.wav'));
    save('cut/a/1.wav', sound([1, 2, 3]).subarray(0, -4));
    expect(() => describeDataset({ images: 'cut' }, folder)).toThrow(error('data-truncated', 'cut/a/1.wav'));
    save('nan/a/1.wav', sound([1, Number.NaN]));
    await expect(open({ images: 'nan' })).rejects.toMatchObject({ code: 'data-nan' });
  });
});
