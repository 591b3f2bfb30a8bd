import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';

const model = (second: string) => () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 4] },
    nodes: [
      createNode('Relu', ['x'], ['h'], { name: 'first' }),
      createNode('Sigmoid', ['h'], [second], { name: 'second' }),
      createNode('Tanh', [second], ['y'], { name: 'third' }),
    ],
  });

export const duplicateValue = defineDiagnostic({
  subject: 'model',
  code: 'duplicate-value',
  severity: 'error',
  what: 'Two things of the graph define a value of the same name.',
  why: 'ONNX graphs assign each value once. ONNX Runtime refuses the model, and a tool that does not check reads the wrong one of the two.',
  remedy: 'Export the model again; tools that merge or rename nodes cause this.',
  *detect({ model, nameOf }) {
    for (const graph of graphsOf(model)) {
      const defined = new Map<string, string>();
      for (const { name } of graph.inputs) defined.set(name, 'an input');
      for (const name of graph.initializers.keys()) defined.set(name, 'a constant');
      for (const node of graph.nodes)
        for (const output of node.outputs) {
          const other = defined.get(output);
          if (output === '') continue;
          if (other !== undefined)
            yield {
              message: `'${output}' is an output of '${nameOf(node)}' and of ${other}.`,
              name: nameOf(node),
            };
          defined.set(output, `'${nameOf(node)}'`);
        }
    }
  },
  bad: [model('h'), model('x')],
  good: [model('s')],
});
