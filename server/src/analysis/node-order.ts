import { captures, type Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';

/**
 * The nodes of a graph so that producers come first, in the order of the file wherever that is right already, as it should
 * be. Nodes on a cycle keep their place. Linear in the number of uses.
 */
export function nodeOrder(graph: Graph): readonly Node[] {
  const { nodes } = graph;
  const producers = new Map<string, Node>();
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producers.set(output, node);
  const done = new Set<Node>();
  const waits = (node: Node, value: string): Node | undefined => {
    const producer = producers.get(value);
    return producer && producer !== node && !done.has(producer) ? producer : undefined;
  };
  const needs = (node: Node): readonly string[] => [...node.inputs, ...captures(node)];
  let sorted = true;
  for (const node of nodes) {
    if (needs(node).some((value) => waits(node, value))) {
      sorted = false;
      break;
    }
    done.add(node);
  }
  if (sorted) return nodes;
  done.clear();
  const order: Node[] = [];
  const open = new Set<Node>();
  for (const root of nodes) {
    if (done.has(root)) continue;
    const stack = [{ node: root, values: needs(root)[Symbol.iterator]() }];
    open.add(root);
    while (stack.length > 0) {
      const { node, values } = stack[stack.length - 1]!;
      const next = values.next();
      if (next.done) {
        stack.pop();
        open.delete(node);
        done.add(node);
        order.push(node);
        continue;
      }
      const producer = waits(node, next.value);
      if (producer && !open.has(producer)) {
        open.add(producer);
        stack.push({ node: producer, values: needs(producer)[Symbol.iterator]() });
      }
    }
  }
  return order;
}
