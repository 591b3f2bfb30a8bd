import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

export const dynamicConvolution = defineDiagnostic({
  subject: 'model',
  code: 'dynamic-convolution',
  severity: 'warning',
  what: 'Convolutions are quantized dynamically (ConvInteger).',
  why: 'ONNX Runtime has no fast kernel for ConvInteger: with int8 weights it was measured 5 times slower than the float convolution, and older versions do not implement it at all.',
  remedy: 'Quantize the float model statically, with calibration data: `quantize` in a recipe does.',
  *detect({ model, nameOf }) {
    const names = [];
    for (const { node } of nodesOf(model)) if (node.opType === 'ConvInteger') names.push(nameOf(node));
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'convolution')} ${names.length === 1 ? 'is' : 'are'} quantized dynamically: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 3, 4, 4] },
        outputs: { y: [1, 4, 4, 4] },
        constants: { w: [4, 3, 1, 1] },
        nodes: [
          createNode('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
          createNode('ConvInteger', ['q', 'w', 'z'], ['y'], { name: 'conv' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 3, 4, 4] },
        outputs: { y: [1, 4, 4, 4] },
        constants: { 'conv.weight': [4, 3, 1, 1] },
        nodes: [layer('conv', 'Conv', 'x', 'y')],
      }),
  ],
});
