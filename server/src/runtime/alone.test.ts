import { describe, expect, it } from 'vitest';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { createNode } from '../ir/node.ts';
import { tensor } from '../ir/tensor.ts';
import { tensorType } from '../ir/value-type.ts';
import { tryProviders } from './providers.ts';
import { ortRunner } from './session.ts';
import { loadWarnings } from './warnings.ts';

/** x + a constant of `size` floats, with an initializer that nothing uses when `unused`. */
function sum(size: number, unused = false): Model {
  const graph = new Graph();
  graph.inputs.push({ name: 'x', type: tensorType('float', [size]) });
  graph.outputs.push({ name: 'y', type: tensorType('float', [size]) });
  graph.setInitializer(tensor('c', 'float', [size], new Float32Array(size).fill(1)));
  if (unused) graph.setInitializer(tensor('unused', 'float', [2], [1, 2]));
  graph.add([createNode('Add', ['x', 'c'], ['y'])]);
  return createModel(graph);
}

describe('what is measured in a process of its own', () => {
  it('finds that a model takes at least the memory of its weights, its input and its output', async () => {
    const elements = 2 ** 22;
    const [small, large] = [await ortRunner.peakMemory(sum(8)), await ortRunner.peakMemory(sum(elements))];
    expect(large - small).toBeGreaterThan(3 * 4 * elements * 0.9);
  });

  it('says that the memory of no model cannot be measured', async () => {
    await expect(ortRunner.peakMemory(Uint8Array.of(1))).rejects.toMatchObject({ code: 'memory-failed' });
  });

  it('reports the warnings of the runtime, and none for a clean model', async () => {
    expect(await loadWarnings(sum(8))).toEqual([]);
    expect(await loadWarnings(sum(8, true))).toEqual([expect.stringContaining("initializer 'unused'")]);
    await expect(loadWarnings(Uint8Array.of(1))).rejects.toMatchObject({ code: 'session-failed' });
  });

  it('tries providers: the processor works, and each other works or says why not', async () => {
    const reports = await tryProviders(sum(8));
    expect(reports[0]).toEqual({ name: 'cpu', works: true, reason: null });
    for (const { works, reason } of reports) expect(works).toBe(reason === null);
  });
});
