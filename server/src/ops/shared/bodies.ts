import { Graph } from '../../ir/graph.ts';
import { createNode, type Node } from '../../ir/node.ts';
import type { ValueInfo } from '../../ir/value-type.ts';

/** A body for samples of If, Loop, Scan and SequenceMap. */
export function body(
  inputs: readonly ValueInfo[],
  nodes: readonly Node[],
  outputs: readonly ValueInfo[],
): Graph {
  const graph = new Graph('body');
  graph.inputs.push(...inputs);
  graph.add(nodes);
  graph.outputs.push(...outputs);
  return graph;
}

export const node = createNode;
