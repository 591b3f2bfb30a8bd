import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Graph } from './graph.ts';
import { createNode } from './node.ts';

const relu = (input: string, output: string) => createNode('Relu', [input], [output]);

describe('sort', () => {
  test('puts producers before consumers, whatever the order was', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(30).keys()], { minLength: 30 }), (order) => {
        const graph = new Graph();
        graph.add(order.map((i) => createNode('Add', [`v${i}`, `v${Math.floor(i / 2)}`], [`v${i + 1}`])));
        graph.sort();
        expect(graph.nodes.map((node) => node.outputs[0])).toEqual(
          [...Array(30).keys()].map((i) => `v${i + 1}`),
        );
      }),
    );
  });

  test('a chain of 100,000 nodes in reverse order does not overflow the stack', () => {
    const graph = new Graph();
    const nodes = [...Array(100_000).keys()].map((i) => relu(`v${i}`, `v${i + 1}`));
    graph.add(nodes.reverse());
    graph.sort();
    expect(graph.nodes[0]!.inputs).toEqual(['v0']);
  });

  test.each([
    ['of two nodes', [relu('a', 'b'), relu('b', 'a')]],
    ['of a node that reads itself', [relu('a', 'a')]],
    ['behind other nodes', [relu('x', 'y'), createNode('Add', ['y', 'c'], ['b']), relu('b', 'c')]],
  ])('a cycle %s is an error that names a node', (_, nodes) => {
    const graph = new Graph();
    graph.add(nodes);
    expect(() => graph.sort()).toThrow(expect.objectContaining({ code: 'graph-cycle' }));
  });
});
