import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import { createNode } from '../ir/node.ts';
import { tensorType } from '../ir/value-type.ts';
import { modelBytes } from '../onnx/write.ts';

/** The bytes of a model of one Identity, from x to y. */
export function emptyModel(): Uint8Array {
  const graph = new Graph('empty');
  graph.inputs.push({ name: 'x', type: tensorType('float', [1]) });
  graph.outputs.push({ name: 'y', type: tensorType('float', [1]) });
  graph.add([createNode('Identity', ['x'], ['y'])]);
  return modelBytes(createModel(graph));
}
