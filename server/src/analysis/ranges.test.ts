import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { tensorType } from '../ir/value-type.ts';
import { ortRunner } from '../runtime/session.ts';
import { valueRanges } from './ranges.ts';
import { inferShapes } from './shapes.ts';

/** A model whose every value is an output, so that the runtime shows what the ranges promise. */
function build(write: (b: Builder) => void) {
  const graph = new Graph('g');
  graph.inputs.push({ name: 'x', type: tensorType('float', [64, 8]) });
  write(createBuilder(graph));
  for (const node of graph.nodes)
    for (const name of node.outputs) graph.outputs.push({ name, type: tensorType('float', [64, 8]) });
  return createModel(graph, 18);
}

const scalar = (b: Builder, value: number) => b.constant('float', [], [value]);

const chain = (b: Builder) => {
  const gate = b.op('Sigmoid', ['x'], {}, { name: 'gate' });
  const centred = b.op('Sub', [gate, scalar(b, 0.5)], {}, { name: 'centred' });
  const scaled = b.op('Mul', [centred, scalar(b, -4)], {}, { name: 'scaled' });
  const clipped = b.op('Clip', ['x', scalar(b, -1), scalar(b, 6)], {}, { name: 'clipped' });
  const sum = b.op('Add', [scaled, clipped], {}, { name: 'sum' });
  b.op('Relu', [sum], {}, { name: 'positive' });
  b.op('Mul', ['x', gate], {}, { name: 'unbounded' });
  const weights = b.op('Softmax', ['x'], {}, { name: 'weights' });
  b.op('Identity', [weights], {}, { name: 'same' });
};

describe('numeric ranges', () => {
  const model = build(chain);
  const ranges = valueRanges(model, inferShapes(model));

  it('are those of interval arithmetic', () => {
    expect(ranges.get('gate')).toEqual({ low: 0, high: 1 });
    expect(ranges.get('scaled')).toEqual({ low: -2, high: 2 });
    expect(ranges.get('sum')).toEqual({ low: -3, high: 8 });
    expect(ranges.get('positive')).toEqual({ low: 0, high: 8 });
    expect(ranges.get('same')).toEqual({ low: 0, high: 1 });
    expect(ranges.has('unbounded')).toBe(false);
  });

  it('hold what onnxruntime computes', async () => {
    const rng = createRng(3);
    const session = await ortRunner.open(model, { optimization: 'disabled' });
    const outputs = await session.run({
      x: { type: 'float', dims: [64, 8], data: Float32Array.from({ length: 512 }, () => 8 * rng.normal()) },
    });
    await session.close();
    let checked = 0;
    for (const [name, { low, high }] of ranges) {
      for (const value of (outputs[name]?.data ?? []) as Float32Array) {
        expect(value).toBeGreaterThanOrEqual(low - 1e-5);
        expect(value).toBeLessThanOrEqual(high + 1e-5);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(2000);
  });
});
