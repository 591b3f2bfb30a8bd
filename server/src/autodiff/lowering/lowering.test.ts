import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growingShapes } from '../../analysis/shapes.ts';
import type { Attribute } from '../../ir/attribute.ts';
import { float, int, ints } from '../../ir/attribute.ts';
import type { Dim, Shape } from '../../ir/dim.ts';
import { shapeOf, tensorType } from '../../ir/value-type.ts';
import { ortRunner } from '../../runtime/session.ts';
import { modelOf, normal } from '../../steps/shared/step.testing.ts';
import { backward } from '../backward.ts';
import { blockLayout } from './blocked-layout.ts';
import { withBlockedDomain } from './blocks.ts';
import { lowerings } from './table.ts';

interface Case {
  readonly name: string;
  readonly op: string;
  readonly shapes: readonly Shape[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly outputs?: number;
  /** Few different values, so that windows have ties. */
  readonly coarse?: boolean;
}

const conv = (
  name: string,
  shapes: readonly Shape[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Case => ({
  name: `Conv, ${name}`,
  op: 'Conv',
  shapes,
  attributes,
});
const cases: readonly Case[] = [
  conv('3x3 padded', [['n', 4, 6, 5], [4, 4, 3, 3], [4]], { pads: ints([1, 1, 1, 1]) }),
  conv('one channel', [['n', 1, 8, 8], [5, 1, 5, 5], [5]]),
  conv(
    'many filters',
    [
      ['n', 8, 4, 4],
      [3, 8, 3, 3],
    ],
    { pads: ints([1, 1, 1, 1]) },
  ),
  conv(
    'large product',
    [
      ['n', 6, 3, 3],
      [6, 6, 3, 3],
    ],
    { pads: ints([1, 1, 1, 1]) },
  ),
  conv(
    'asymmetric',
    [
      ['n', 4, 7, 6],
      [3, 4, 3, 2],
    ],
    { pads: ints([2, 0, 0, 1]) },
  ),
  conv(
    'dilated',
    [
      ['n', 4, 9, 9],
      [3, 4, 3, 3],
    ],
    { dilations: ints([2, 3]), pads: ints([1, 2, 2, 3]) },
  ),
  conv('pointwise', [['n', 4, 5, 5], [3, 4, 1, 1], [3]]),
  conv(
    'one row',
    [
      ['n', 4, 5, 5],
      [3, 4, 1, 3],
    ],
    { pads: ints([0, 1, 0, 1]) },
  ),
  conv(
    'strided',
    [
      ['n', 4, 8, 8],
      [3, 4, 3, 3],
    ],
    { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) },
  ),
  conv('strided, with a remainder', [['n', 2, 9, 7], [3, 2, 2, 3], [3]], {
    strides: ints([3, 2]),
    pads: ints([0, 1, 1, 1]),
  }),
  conv(
    'strided and pointwise',
    [
      ['n', 4, 8, 8],
      [3, 4, 1, 1],
    ],
    { strides: ints([2, 2]) },
  ),
  {
    name: 'MaxPool, tiles',
    op: 'MaxPool',
    shapes: [['n', 3, 4, 6]],
    attributes: { kernel_shape: ints([2, 3]), strides: ints([2, 3]) },
  },
  {
    name: 'MaxPool, ties',
    op: 'MaxPool',
    shapes: [['n', 3, 4, 4]],
    attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) },
    coarse: true,
  },
  {
    name: 'BatchNormalization',
    op: 'BatchNormalization',
    shapes: [['n', 4, 3, 3], [4], [4], [4], [4]],
    attributes: { training_mode: int(1), momentum: float(0), epsilon: float(1e-3) },
    outputs: 3,
  },
  {
    name: 'BatchNormalization of features',
    op: 'BatchNormalization',
    shapes: [['n', 4], [4], [4], [4], [4]],
    attributes: { training_mode: int(1), momentum: float(0) },
    outputs: 3,
  },
];
const batch = 3;
const numeric = (shape: Shape) => shape.map((dim) => (typeof dim === 'number' ? dim : batch));

/** Convolutions of each channel alone, which have a faster form on blocks alone. */
const depthwiseCases: readonly Case[] = [
  conv('depthwise', [['n', 32, 6, 5], [32, 1, 3, 3], [32]], {
    pads: ints([1, 1, 1, 1]),
    group: int(32),
  }),
  conv(
    'depthwise, asymmetric',
    [
      ['n', 16, 7, 9],
      [16, 1, 3, 5],
    ],
    { pads: ints([0, 2, 1, 1]), group: int(16) },
  ),
  conv(
    'depthwise, strided',
    [
      [4, 16, 8, 9],
      [16, 1, 3, 3],
    ],
    { pads: ints([1, 1, 1, 1]), strides: ints([2, 2]), group: int(16) },
  ),
  conv(
    'depthwise, strided beyond the kernel',
    [
      [4, 16, 9, 8],
      [16, 1, 2, 1],
    ],
    { strides: ints([3, 2]), group: int(16) },
  ),
];

/** Convolutions for the kernels on blocks of channels, whatever their size. */
const blockedCases: readonly Case[] = [
  conv('whole blocks', [['n', 32, 6, 5], [16, 32, 3, 3], [16]], { pads: ints([1, 1, 1, 1]) }),
  conv('colour images', [['n', 3, 8, 8], [32, 3, 5, 5], [32]]),
  conv('blocks that are filled up', [['n', 28, 6, 6], [28, 28, 3, 3], [28]], { pads: ints([0, 1, 1, 0]) }),
  conv('any number of channels', [['n', 20, 6, 6], [50, 20, 3, 3], [50]]),
  conv('whole batches', [
    [32, 16, 5, 4],
    [16, 16, 3, 2],
  ]),
  conv('strided', [['n', 16, 8, 8], [32, 16, 3, 3], [32]], {
    strides: ints([2, 2]),
    pads: ints([1, 1, 1, 1]),
  }),
  conv(
    'strided, with a remainder',
    [
      ['n', 16, 9, 11],
      [16, 16, 3, 5],
    ],
    { strides: ints([2, 3]), pads: ints([0, 2, 1, 1]) },
  ),
  conv(
    'strided, rows that no window reaches',
    [
      ['n', 16, 9, 8],
      [16, 16, 2, 2],
    ],
    { strides: ints([2, 2]) },
  ),
  conv(
    'strided and pointwise',
    [
      ['n', 16, 8, 8],
      [32, 16, 1, 1],
    ],
    { strides: ints([2, 2]) },
  ),
];

const block = await ortRunner.blockedChannels();

/** The gradients of all inputs for a random gradient of the output, by the operators' own rules or in a faster form. */
async function gradientsOf(
  { op, shapes, attributes = {}, outputs = 1, coarse }: Case,
  form: 'own' | 'standard' | 'blocked',
) {
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`i${i}`, shape]));
  const model = modelOf(inputs, (build) => build.multi(op, Object.keys(inputs), outputs, attributes)[0]!);
  const y = model.graph.outputs[0]!.name;
  const known = growingShapes(model);
  const shape = shapeOf(known.types.get(y))!;
  model.graph.inputs.push({ name: 'r', type: tensorType('float', shape) });
  let used = false;
  const { gradients } = backward(model.graph, {
    shapes: known,
    seeds: new Map([[y, 'r']]),
    wanted: Object.keys(inputs),
    loweringOf: (node) => {
      const lowering = lowerings(form === 'blocked' ? block : undefined)(node);
      return form !== 'own' && lowering
        ? (context) => {
            const found = lowering(context);
            used = found !== undefined;
            return found;
          }
        : undefined;
    },
  });
  const names = [...gradients.keys()].filter(
    (name) => op !== 'BatchNormalization' || Number(name.slice(1)) < 3,
  );
  model.graph.outputs.splice(0, 1, ...names.map((name) => ({ name: gradients.get(name)! })));
  const feeds = Object.fromEntries(
    [...Object.entries(inputs), ['r', shape] as const].map(([name, of], i) => {
      const dims = numeric(of);
      const values = normal(
        dims.reduce((a, b) => a * b, 1),
        i + 1,
      ).map((value) => {
        const positive = name === 'i4' ? Math.abs(value) : value;
        return coarse && name === 'i0' ? Math.round(positive) : positive;
      });
      return [name, { type: 'float', dims, data: values } as const];
    }),
  );
  if (form === 'blocked' && block !== undefined)
    blockLayout(model.graph, { types: known.types, block, keep: gradients.values() });
  const blocked = withBlockedDomain(model);
  const session = await ortRunner.open(blocked);
  const results = await session.run(feeds);
  await session.close();
  return {
    used: form === 'blocked' ? blocked !== model : used,
    values: names.map((name) => ({ name, ...results[gradients.get(name)!]! })),
  };
}

async function expectEqual(item: Case, form: 'standard' | 'blocked', { mayStay = false } = {}) {
  const [own, faster] = [await gradientsOf(item, 'own'), await gradientsOf(item, form)];
  if (!mayStay) expect(faster.used).toBe(true);
  expect(faster.values.map(({ name }) => name)).toEqual(own.values.map(({ name }) => name));
  for (const [i, { dims, data }] of own.values.entries()) {
    const other = faster.values[i]!;
    expect(other.dims).toEqual(dims);
    const scale = Math.max(...(data as Float32Array).map(Math.abs), 1);
    for (let at = 0; at < data.length; at++)
      expect(Math.abs(Number(other.data[at]) - Number(data[at])) / scale).toBeLessThan(2e-5);
  }
}

describe('faster forms of gradients', () => {
  it.each([...cases, ...blockedCases])('$name: equal to the operator’s own', (item) =>
    expectEqual(item, 'standard'),
  );

  // Processors without the kernels, and builds of onnxruntime without them, have nothing to compare.
  it.skipIf(block === undefined).each([...blockedCases, ...depthwiseCases])(
    '$name, in blocks: equal to the operator’s own',
    (item) => expectEqual(item, 'blocked'),
  );

  const small = (from: number, to: number) => fc.integer({ min: from, max: to });
  const geometry = fc.record({
    batch: fc.constantFrom<Dim>('n', 4, 6, 16, 32),
    channels: fc.constantFrom(3, 12, 16, 20, 28, 32),
    filters: fc.constantFrom(16, 28, 30, 32, 50, 64),
    kernel: fc.tuple(small(1, 4), small(1, 4)),
    beyond: fc.tuple(small(0, 6), small(0, 6)),
    strides: fc.tuple(small(1, 3), small(1, 3)),
    pads: fc.tuple(small(0, 2), small(0, 2), small(0, 2), small(0, 2)),
  });

  it.skipIf(block === undefined)('in blocks, for any geometry: equal to the operator’s own', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ batch, channels, filters, kernel, beyond, strides, pads }) => {
        const image = [kernel[0] + beyond[0], kernel[1] + beyond[1]] as const;
        const item = conv(
          'any',
          [
            [batch, channels, ...image],
            [filters, channels, ...kernel],
          ],
          { strides: ints(strides), pads: ints(pads) },
        );
        await expectEqual(item, 'blocked', { mayStay: true });
      }),
      { numRuns: 15 },
    );
  });
});
