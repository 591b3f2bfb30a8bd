import { captures, type Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import { bodiesOf, type Node } from '../../ir/node.ts';

export interface PlacedNode {
  readonly graph: Graph;
  readonly node: Node;
}

/** The main graph and all bodies in it. */
export function* graphsOf({ graph }: Model): Iterable<Graph> {
  yield* within(graph);
}

function* within(graph: Graph): Iterable<Graph> {
  yield graph;
  for (const node of graph.nodes) for (const body of bodiesOf(node)) yield* within(body);
}

/** All nodes of a model with the graph that each is in. */
export function* nodesOf(model: Model): Iterable<PlacedNode> {
  for (const graph of graphsOf(model)) for (const node of graph.nodes) yield { graph, node };
}

/** Nodes of a graph whose results reach no output. Nodes without outputs count as used: they are there for their effect. */
export function deadNodes(graph: Graph): readonly Node[] {
  const live = new Set<Node>();
  const work = graph.nodes.filter((node) => node.outputs.every((output) => output === ''));
  const visit = (value: string) => {
    const producer = graph.producer(value);
    if (producer) work.push(producer);
  };
  for (const output of graph.outputs) visit(output.name);
  for (let node = work.pop(); node; node = work.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    for (const value of [...node.inputs, ...captures(node)]) visit(value);
  }
  return graph.nodes.filter((node) => !live.has(node));
}
