import { tensorValue } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { renamed, sizeOf, type Tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { wave } from '../shared/wave.ts';
import { counted, listed } from '../shared/words.ts';

/** Smaller constants are shapes, axes and scalars, which are commonly written so. */
const smallest = 64;

export const weightsInConstantNode = defineDiagnostic({
  subject: 'model',
  code: 'weights-in-constant-node',
  severity: 'warning',
  what: 'Weights are stored in Constant nodes rather than as initializers.',
  why: 'Quantizers, and tools that keep data in a second file, look for initializers: they skip such weights, or stop with "expected an initializer". A Constant cannot be shared or stored outside of the file.',
  remedy: 'Turn them into initializers: the quick fix does, and so does the `optimize` step.',
  *detect({ model }) {
    const names = [...graphsOf(model)].flatMap((graph) => largeIn(graph).map(({ node }) => node.outputs[0]!));
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'constant')} with weights ${names.length === 1 ? 'is a node' : 'are nodes'}: ${listed(names)}.`,
        name: names[0]!,
        fix: { title: 'Turn Constant nodes into initializers', apply: withInitializers },
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 16] },
        outputs: { y: [1, 16] },
        nodes: [
          createNode('Constant', [], ['w'], { attributes: { value: tensorValue(wave([16, 16])) } }),
          createNode('MatMul', ['x', 'w'], ['y'], { name: 'fc' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 16] },
        outputs: { y: [1, 16] },
        constants: { 'fc.weight': [16, 16] },
        nodes: [layer('fc', 'MatMul', 'x', 'y')],
      }),
  ],
});

function largeIn(graph: Graph): readonly { readonly node: Node; readonly value: Tensor }[] {
  return graph.nodes.flatMap((node) => {
    const value = node.opType === 'Constant' ? graph.constant(node.outputs[0] ?? '') : undefined;
    return value && sizeOf(value) >= smallest ? [{ node, value }] : [];
  });
}

function withInitializers(model: Model): Model {
  const copy = cloneModel(model);
  for (const graph of graphsOf(copy))
    for (const { node, value } of largeIn(graph)) {
      graph.remove([node]);
      graph.setInitializer(renamed(value, node.outputs[0]!));
    }
  return copy;
}
