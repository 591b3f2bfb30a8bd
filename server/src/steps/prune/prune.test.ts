import fc from 'fast-check';
import { expect, test } from 'vitest';
import { int } from '../../ir/attribute.ts';
import type { Model } from '../../ir/model.ts';
import { floats } from '../../ir/tensor.ts';
import { modelBytes } from '../../onnx/write.ts';
import { applyStep, modelOf, normal } from '../shared/step.testing.ts';
import { prune } from './prune.ts';

/** A convolution with small weights and two Gemms that share one large matrix. */
const network = (): Model =>
  modelOf({ x: ['N', 4, 6, 6] }, (b) => {
    const conv = b.op(
      'Conv',
      [
        'x',
        b.constant('float', [8, 4, 3, 3], normal(288, 1, 0.1), 'conv.w'),
        b.constant('float', [8], normal(8, 2), 'conv.b'),
      ],
      {},
      { name: 'conv' },
    );
    const flat = b.op('Flatten', [b.op('Relu', [conv])]);
    const shared = b.constant('float', [128, 128], normal(128 * 128, 3), 'shared.w');
    const first = b.op('Gemm', [flat, shared], { transB: int(1) }, { name: 'first' });
    return b.op('Gemm', [first, shared], { transB: int(1) }, { name: 'second' });
  });

const weightsOf = (model: Model, name: string) => floats(model.graph.constant(name)!);
const zeros = (values: Float32Array) => values.filter((value) => value === 0).length;

test('a global share removes exactly so many, none larger than one that stays, and changes nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 100 }), async (percent) => {
      const model = network();
      const before = modelBytes(model);
      const result = await applyStep(prune, model, { sparsity: `${percent} %` });
      expect(Buffer.compare(modelBytes(model), before)).toBe(0);
      const names = ['conv.w', 'shared.w'];
      const total = 288 + 128 * 128;
      expect(names.reduce((sum, name) => sum + zeros(weightsOf(result.model, name)), 0)).toBe(
        Math.round((total * percent) / 100),
      );
      const gone: number[] = [];
      const kept: number[] = [];
      for (const name of names) {
        const pruned = weightsOf(result.model, name);
        for (const [i, value] of weightsOf(model, name).entries()) {
          if (pruned[i] === 0) gone.push(Math.abs(value));
          else {
            expect(pruned[i]).toBe(value);
            kept.push(Math.abs(value));
          }
        }
      }
      expect(gone.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(
        kept.reduce((a, b) => Math.min(a, b), 9e9),
      );
      expect(weightsOf(result.model, 'conv.b')).toEqual(weightsOf(model, 'conv.b'));
      expect(result.model.graph.nodes).toEqual(model.graph.nodes);
    }),
    { numRuns: 10 },
  );
});

test('the same model and settings give the same bytes', async () => {
  const [a, b] = await Promise.all([0, 1].map(() => applyStep(prune, network(), { sparsity: '70 %' })));
  expect(Buffer.compare(modelBytes(a!.model), modelBytes(b!.model))).toBe(0);
});

test('per layer, each gives the same share; a layer may have its own, or be left alone', async () => {
  const { model, layers } = await applyStep(
    prune,
    network(),
    { sparsity: '25 %', scope: 'layer' },
    { conv: { sparsity: '50 %' }, second: { skip: true } },
  );
  expect(zeros(weightsOf(model, 'conv.w'))).toBe(144);
  expect(zeros(weightsOf(model, 'shared.w'))).toBe(0);
  expect(layers).toEqual([
    { layer: 'conv', op: 'Conv', change: 'pruned 50.0 %' },
    { layer: 'first', op: 'Gemm', change: "left alone: shares its weights with 'second'" },
    { layer: 'second', op: 'Gemm', change: 'left alone: the recipe says so' },
  ]);
});

test('a pattern keeps the two largest of every four along the input channels', async () => {
  const source = network();
  const { model } = await applyStep(prune, source, { pattern: '2:4' });
  const [before, after] = [weightsOf(source, 'conv.w'), weightsOf(model, 'conv.w')];
  for (let m = 0; m < 8; m++) {
    for (let k = 0; k < 9; k++) {
      const at = (c: number) => (m * 4 + c) * 9 + k;
      const kept = [0, 1, 2, 3].filter((c) => after[at(c)] !== 0);
      const largest = [0, 1, 2, 3]
        .sort((a, b) => Math.abs(before[at(b)]!) - Math.abs(before[at(a)]!))
        .slice(0, 2);
      expect(kept).toEqual(largest.sort());
    }
  }
});

test('a pattern that does not divide the channels leaves the layer alone and says so', async () => {
  const { layers } = await applyStep(prune, network(), { pattern: '1:3' });
  expect(layers[0]!.change).toBe('left alone: its 4 input channels are not divisible by 3');
});

test('weights in Constant nodes are pruned too', async () => {
  const model = modelOf({ x: [2, 8] }, (b) => {
    const w = modelOf({ y: [2, 8] }, (inner) =>
      inner.constant('float', [8, 8], normal(64), 'w'),
    ).graph.constant('w')!;
    return b.op('MatMul', [
      'x',
      b.op('Constant', [], { value: { kind: 'tensor', value: w } }, { name: 'w' }),
    ]);
  });
  const result = await applyStep(prune, model, { sparsity: 0.5 });
  expect(zeros(weightsOf(result.model, 'w'))).toBe(32);
});
