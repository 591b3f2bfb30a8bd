import { createNode } from '../../ir/node.ts';
import { numbers, tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const model = (zeroPoint: number) => () =>
  sketch({
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4, 8, 8] },
    constants: {
      'conv.weight': [4, 3, 1, 1],
      scale: tensor('', 'float', [], [0.1]),
      zero: tensor('', 'uint8', [], [zeroPoint]),
    },
    nodes: [
      layer('conv', 'Conv', 'x', 'c'),
      createNode('Relu', ['c'], ['r'], { name: 'relu' }),
      createNode('QuantizeLinear', ['r', 'scale', 'zero'], ['q'], { name: 'quantize' }),
      createNode('DequantizeLinear', ['q', 'scale', 'zero'], ['y'], { name: 'dequantize' }),
    ],
  });

/** The least value of each type that activations are quantized to. */
const least: Readonly<Record<string, number>> = { uint8: 0, int8: -128, uint16: 0, int16: -32768 };

export const unfusedQuantizedRelu = defineDiagnostic({
  subject: 'model',
  code: 'unfused-quantized-relu',
  severity: 'warning',
  what: 'A ReLU is quantized with a zero point above the least value.',
  why: 'ONNX Runtime fuses Conv, Relu and QuantizeLinear only when zero is the least quantized value. Otherwise the convolution stays in float, 2 to 5 times slower, and half of the quantized values are never used.',
  remedy: 'Quantize the float model again with asymmetric activations, as the `quantize` step does.',
  *detect({ model, nameOf }) {
    const names: string[] = [];
    for (const { graph, node } of nodesOf(model)) {
      if (node.opType !== 'QuantizeLinear' || graph.producer(node.inputs[0] ?? '')?.opType !== 'Relu')
        continue;
      const zero = graph.constant(node.inputs[2] ?? '');
      const lowest = zero && least[zero.type];
      if (
        zero &&
        lowest !== undefined &&
        zero.data.size <= 8 &&
        numbers(zero).some((value) => value !== lowest)
      )
        names.push(nameOf(graph.producer(node.inputs[0]!)!));
    }
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'ReLU')} cannot be fused with the layer before: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [model(128)],
  good: [model(0)],
});
