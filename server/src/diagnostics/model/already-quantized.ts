import { createNode } from '../../ir/node.ts';
import { tensor } from '../../ir/tensor.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { isQuantization } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted } from '../shared/words.ts';

export const alreadyQuantized = defineDiagnostic({
  subject: 'model',
  code: 'already-quantized',
  severity: 'information',
  what: 'The model is quantized already.',
  why: 'Its rounding errors are in the weights for good. Pruning or quantizing it again adds to them, and calibration sees values that have been rounded.',
  remedy: 'Start from the float model where you have it.',
  *detect({ model }) {
    let count = 0;
    for (const { node } of nodesOf(model)) if (isQuantization(node)) count++;
    if (count > 0)
      yield { message: `The model is quantized already: ${counted(count, 'node')} of a quantizer.` };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 4] },
        constants: {
          w: tensor('', 'int8', [4, 4], new Int8Array(16).fill(3)),
          scale: tensor('', 'float', [], [0.1]),
        },
        nodes: [
          createNode('DequantizeLinear', ['w', 'scale'], ['wf'], { name: 'weights' }),
          createNode('MatMul', ['x', 'wf'], ['y'], { name: 'fc' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 4] },
        constants: { 'fc.weight': [4, 4] },
        nodes: [layer('fc', 'MatMul', 'x', 'y')],
      }),
  ],
});
