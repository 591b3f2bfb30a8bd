import { createModel } from '../../ir/create-model.ts';
import type { Shape } from '../../ir/dim.ts';
import { Graph } from '../../ir/graph.ts';
import type { Model } from '../../ir/model.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { type Tensor, tensor } from '../../ir/tensor.ts';
import { tensorType } from '../../ir/value-type.ts';

/** A small model for an example: float inputs and outputs by shape, constants by shape or whole, nodes in order. */
export interface Sketch {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly outputs: Readonly<Record<string, Shape>>;
  readonly constants?: Readonly<Record<string, readonly number[] | Tensor>>;
  readonly nodes: readonly Node[];
  /** Version of `ai.onnx`; 21 by default. */
  readonly opset?: number;
  readonly opsets?: Readonly<Record<string, number>>;
}

export function sketch({ inputs, outputs, constants = {}, nodes, opset = 21, opsets }: Sketch): Model {
  const graph = new Graph('example');
  for (const [name, shape] of Object.entries(inputs))
    graph.inputs.push({ name, type: tensorType('float', shape) });
  for (const [name, shape] of Object.entries(outputs))
    graph.outputs.push({ name, type: tensorType('float', shape) });
  for (const [name, value] of Object.entries(constants))
    graph.setInitializer('dims' in value ? { ...value, name } : weights(name, value));
  graph.add(nodes);
  return createModel(graph, opset, opsets);
}

/** Different, harmless weights for each name. */
function weights(name: string, dims: readonly number[]): Tensor {
  const count = dims.reduce((a, b) => a * b, 1);
  const phase = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 1000;
  return tensor(
    name,
    'float',
    dims,
    Float32Array.from({ length: count }, (_, i) => Math.sin(i + phase) / 4),
  );
}

/** A layer with its weights in `<name>.weight`, for the nodes of a sketch. */
export const layer = (
  name: string,
  op: string,
  input: string,
  output: string,
  attributes: Parameters<typeof createNode>[3] = {},
): Node => createNode(op, [input, `${name}.weight`], [output], { name, ...attributes });

/** Ten classes of 8 by 8 pixels: `conv1`, `relu1`, `flatten`, `fc`. What recipes in examples name. */
export const smallClassifier = (): Model =>
  sketch({
    inputs: { image: ['N', 1, 8, 8] },
    outputs: { scores: ['N', 10] },
    constants: { 'conv1.weight': [4, 1, 3, 3], 'fc.weight': [144, 10] },
    nodes: [
      layer('conv1', 'Conv', 'image', 'c1'),
      createNode('Relu', ['c1'], ['r1'], { name: 'relu1' }),
      createNode('Flatten', ['r1'], ['f'], { name: 'flatten' }),
      layer('fc', 'MatMul', 'f', 'scores'),
    ],
  });
