import { int, ints } from '../../ir/attribute.ts';
import { defineDiagnostic } from '../define.ts';
import { slowInInt8 } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const depthwise = () =>
  sketch({
    inputs: { x: [1, 8, 6, 6] },
    outputs: { y: [1, 8, 6, 6] },
    constants: { 'dw.weight': [8, 1, 3, 3] },
    nodes: [layer('dw', 'Conv', 'x', 'y', { attributes: { group: int(8), pads: ints([1, 1, 1, 1]) } })],
  });
/** One product for each value that is read. */
const scaling = () =>
  sketch({
    inputs: { x: [1, 64] },
    outputs: { y: [1, 1] },
    constants: { 'score.weight': [64, 1] },
    nodes: [layer('score', 'MatMul', 'x', 'y')],
  });

export const int8Slower = defineDiagnostic({
  subject: 'model',
  code: 'int8-slower',
  severity: 'information',
  what: 'The model has layers that run slower in int8 than in float.',
  why: 'Depthwise convolutions are bound by memory, not by arithmetic, and a layer of few products costs less than quantizing its values. Measured, a depthwise 3x3 convolution took 1.8 times as long.',
  remedy:
    'Keep them in float: under `layers:`, `name: {quantize: {skip: true}}`. Measure both; it depends on the processor.',
  *detect(context) {
    const reasons = new Map<string, string[]>();
    for (const { node, reason } of slowInInt8(context))
      reasons.set(reason, [...(reasons.get(reason) ?? []), context.nameOf(node)]);
    for (const [reason, names] of reasons)
      yield {
        message: `${counted(names.length, 'layer')} would be slower in int8 (${reason}): ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [depthwise, scaling],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 8, 6, 6] },
        outputs: { y: [1, 8, 6, 6] },
        constants: { 'conv.weight': [8, 8, 3, 3] },
        nodes: [layer('conv', 'Conv', 'x', 'y', { attributes: { pads: ints([1, 1, 1, 1]) } })],
      }),
  ],
});
