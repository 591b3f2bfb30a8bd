import { captures, type Graph } from '../ir/graph.ts';
import { bodiesOf, type Node } from '../ir/node.ts';

/**
 * Removes nodes whose results nobody reads and constants that nobody reads, in bodies too, and hints on values that are gone.
 * Inputs and outputs of the graph stay; so do nodes without outputs, which can only be there for their effect. Returns how
 * many nodes and constants went.
 */
export function removeUnused(graph: Graph): number {
  let removed = 0;
  for (const node of graph.nodes) for (const body of bodiesOf(node)) removed += removeUnused(body);
  const live = new Set<Node>();
  const read = new Set<string>();
  const work: Node[] = [];
  const visit = (value: string) => {
    if (value === '' || read.has(value)) return;
    read.add(value);
    const producer = graph.producer(value);
    if (producer) work.push(producer);
  };
  for (const output of graph.outputs) visit(output.name);
  work.push(...graph.nodes.filter((node) => node.outputs.every((output) => output === '')));
  for (let node = work.pop(); node; node = work.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    for (const input of node.inputs) visit(input);
    for (const value of captures(node)) visit(value);
  }
  const dead = graph.nodes.filter((node) => !live.has(node));
  graph.remove(dead);
  removed += dead.length;
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const unread = (name: string) => !read.has(name) && !inputs.has(name);
  for (const name of [...graph.initializers.keys()].filter(unread)) {
    graph.removeInitializer(name);
    removed++;
  }
  for (const name of [...graph.sparseInitializers.keys()].filter(unread)) {
    graph.sparseInitializers.delete(name);
    removed++;
  }
  for (const name of [...graph.valueInfo.keys()]) if (!graph.defines(name)) graph.valueInfo.delete(name);
  return removed;
}
