import { defineDiagnostic } from '../define.ts';
import { layer, sketch } from '../shared/sketch.ts';

const model = (channels: number) => () =>
  sketch({
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4, 8, 8] },
    constants: { 'conv.weight': [4, channels, 1, 1] },
    nodes: [layer('conv', 'Conv', 'x', 'y')],
  });

export const shapeMismatch = defineDiagnostic({
  subject: 'model',
  code: 'shape-mismatch',
  severity: 'error',
  what: "The shapes of a node's inputs contradict each other.",
  why: 'The node cannot run: ONNX Runtime refuses the model when it loads it, or fails at the first sample.',
  remedy:
    'Export the model again, or mend what changed its weights: a layer was resized and its neighbour was not.',
  *detect({ shapes, nameOf }) {
    for (const { node, message } of shapes.problems) yield { message, name: nameOf(node) };
  },
  bad: [model(5)],
  good: [model(3)],
});
