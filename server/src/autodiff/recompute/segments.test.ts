import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNode } from '../../ir/node.ts';
import { chooseSegments, type ForwardPass } from './segments.ts';

/** A chain of nodes whose values all have to be stored. */
const chain = (sizes: readonly number[]): ForwardPass => ({
  nodes: sizes.map((_, i) => createNode('Relu', [`v${i}`], [`v${i + 1}`])),
  stored: new Set(sizes.map((_, i) => `v${i + 1}`)),
  bytes: (value) => sizes[Number(value.slice(1)) - 1] ?? 0,
  endable: () => true,
});

describe('segments of a forward pass', () => {
  it.each([9, 25, 100, 400])('take about twice the root of a chain of %d equal values', (length) => {
    const { peak, ends } = chooseSegments(chain(new Array<number>(length).fill(1)))!;
    expect(peak).toBeLessThanOrEqual(2 * Math.ceil(Math.sqrt(length)));
    expect(ends.at(-1)).toBe(length);
  });

  it('never estimate more than keeping everything, and keep what crosses an end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const found = chooseSegments(chain(sizes));
        if (!found) return;
        expect(found.peak).toBeLessThan(sizes.reduce((a, b) => a + b, 0));
        expect(found.ends.every((end, i) => end > (found.ends[i - 1] ?? 0))).toBe(true);
        expect([...found.kept]).toEqual(found.ends.slice(0, -1).map((end) => `v${end}`));
      }),
    );
  });
});
