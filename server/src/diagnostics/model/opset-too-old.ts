import { opsetOf } from '../../ir/model.ts';
import { defineDiagnostic } from '../define.ts';
import { quantizableLayers } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted } from '../shared/words.ts';

const needed = 13;
const model = (opset: number) => () =>
  sketch({
    inputs: { x: [1, 3, 8, 8] },
    outputs: { y: [1, 4, 8, 8] },
    constants: { 'conv.weight': [4, 3, 1, 1] },
    nodes: [layer('conv', 'Conv', 'x', 'y')],
    opset,
  });

export const opsetTooOld = defineDiagnostic({
  subject: 'model',
  code: 'opset-too-old',
  severity: 'warning',
  what: 'The model is written for an operator set in which weights cannot be quantized channel by channel.',
  why: 'QuantizeLinear and DequantizeLinear have an axis from opset 13 on. Below it quantizers fall back to one scale for a whole tensor, some of them silently, and lose accuracy.',
  remedy: 'Export the model again with opset 13 or later.',
  *detect(context) {
    const opset = opsetOf(context.model);
    const layers = quantizableLayers(context);
    if (opset >= needed || layers.length === 0) return;
    yield {
      message: `Opset ${opset} allows one scale a tensor only: ${counted(layers.length, 'layer')} cannot be quantized per channel before opset ${needed}.`,
    };
  },
  bad: [model(11)],
  good: [model(13)],
});
