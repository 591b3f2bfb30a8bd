import { createNode } from '../../ir/node.ts';
import { tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const model = (type: 'int8' | 'uint8', readers: 1 | 2) => () =>
  sketch({
    inputs: { x: [1, 4] },
    outputs: { y: [1, 4] },
    constants: { scale: tensor('', 'float', [], [0.1]), zero: tensor('', type, [], [0]) },
    nodes: [
      createNode('QuantizeLinear', ['x', 'scale', 'zero'], ['q'], { name: 'quantize' }),
      createNode('DequantizeLinear', ['q', 'scale', 'zero'], ['f'], { name: 'dequantize' }),
      createNode('Sigmoid', ['f'], ['s'], { name: 'sigmoid' }),
      createNode('Mul', [readers === 2 ? 'f' : 's', 's'], ['y'], { name: 'mul' }),
    ],
  });

export const int8FanOut = defineDiagnostic({
  subject: 'model',
  code: 'int8-fan-out',
  severity: 'warning',
  what: 'Signed 8-bit activations are read by several nodes.',
  why: 'On x86 ONNX Runtime then fuses none of the layers around: they stay in float, several times slower than with unsigned activations. Residual blocks and SiLU are such places.',
  remedy: 'Quantize the float model again with `activations: uint8`.',
  *detect({ model, shapes, nameOf }) {
    const names: string[] = [];
    for (const { graph, node } of nodesOf(model)) {
      const [value, output] = [node.inputs[0] ?? '', node.outputs[0] ?? ''];
      if (node.opType !== 'DequantizeLinear' || graph.constant(value)) continue;
      const type = shapes.types.get(value);
      if (type?.kind === 'tensor' && type.type === 'int8' && graph.consumers(output).length > 1)
        names.push(nameOf(node));
    }
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'signed activation')} ${names.length === 1 ? 'has' : 'have'} several readers: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [model('int8', 2)],
  good: [model('uint8', 2), model('int8', 1)],
});
