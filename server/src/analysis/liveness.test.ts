import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { tensorType } from '../ir/value-type.ts';
import { modelMemory } from './liveness.ts';

function network(shape: readonly (number | string)[], write: (build: Builder) => string): Model {
  const graph = new Graph('network');
  graph.inputs.push({ name: 'x', type: tensorType('float', shape) });
  graph.outputs.push({ name: write(createBuilder(graph)) });
  return createModel(graph);
}

describe('peak memory', () => {
  it('of a chain is two neighbours', () => {
    const model = network([1, 10], (b) => {
      const wide = b.op('Tile', ['x', b.constant('int64', [2], [1, 10])]);
      return b.op('ReduceSum', [b.op('Relu', [wide])]);
    });
    const memory = modelMemory(model);
    // Both 100-element values are alive while Relu runs; the list of repeats is a constant.
    expect(memory.peak).toBe(800);
    expect(memory.peakNode?.opType).toBe('Relu');
    expect(memory.weights).toBe(16);
    expect(modelMemory(model, { inPlace: ({ opType }) => opType === 'Relu' }).peak).toBe(440);
  });

  it('keeps what a residual branch waits for', () => {
    const model = network(['N', 25], (b) => {
      const first = b.op('Relu', ['x']);
      const deep = b.op('Tanh', [b.op('Sigmoid', [first])]);
      return b.op('Add', [first, deep]);
    });
    expect(modelMemory(model).peak).toBe(300);
    expect(modelMemory(model, { sizes: new Map([['N', 8]]) }).peak).toBe(2400);
  });

  it('counts at every node what its definition says', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 }), (picks) => {
        const names = ['x'];
        const model = network([4], (b) => {
          for (const [i, j] of picks)
            names.push(b.op('Add', [names[i % names.length]!, names[j % names.length]!]));
          return names[names.length - 1]!;
        });
        const { nodes } = model.graph;
        const expected = nodes.map((node, at) => {
          const live = new Set(node.outputs);
          for (const name of names) {
            const born = nodes.findIndex((other) => other.outputs.includes(name));
            const needed = nodes.some((other, later) => later >= at && other.inputs.includes(name));
            if (born < at && (needed || model.graph.isOutput(name))) live.add(name);
          }
          return live.size * 16;
        });
        expect(modelMemory(model).timeline.map(({ bytes }) => bytes)).toEqual(expected);
      }),
    );
  });
});
