import { describe, expect, it } from 'vitest';
import { blobs } from './blobs.testing.ts';
import { createFeeder } from './feeder.ts';

async function indicesOf(size: number, whole: boolean, from = 0): Promise<readonly (readonly number[])[]> {
  const seen: (readonly number[])[] = [];
  const feeder = createFeeder({
    dataset: blobs(size, 1),
    batch: 8,
    whole,
    seed: 3,
    feed: ({ indices }) => {
      seen.push(indices as readonly number[]);
      return {};
    },
  });
  let batches = 0;
  for await (const _ of feeder.epoch(2, from)) batches++;
  expect(batches + from).toBe(feeder.stepsPerEpoch);
  return seen;
}

describe('batches of a training', () => {
  it.each([5, 8, 21, 24])('%i samples: whole batches go through all of them', async (size) => {
    const batches = await indicesOf(size, true);
    expect(batches.every(({ length }) => length === 8)).toBe(true);
    expect(new Set(batches.flat()).size).toBe(size);
    const plain = (await indicesOf(size, false)).flat();
    expect(batches.flat().slice(0, size)).toEqual(plain);
  });

  it('go on from any position as they would have', async () => {
    expect(await indicesOf(21, true, 1)).toEqual((await indicesOf(21, true)).slice(1));
  });
});
