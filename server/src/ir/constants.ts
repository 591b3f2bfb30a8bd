import type { Graph } from './graph.ts';
import { bodiesOf } from './node.ts';
import type { Tensor } from './tensor.ts';

/** Every constant of a graph and its bodies: initializers and tensors in attributes. */
export function* constantsOf(graph: Graph): Generator<Tensor> {
  yield* graph.initializers.values();
  for (const node of graph.nodes) {
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'tensor') yield attribute.value;
      else if (attribute.kind === 'tensors') yield* attribute.value;
    }
    for (const body of bodiesOf(node)) yield* constantsOf(body);
  }
}
