import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { hasNoInt8Kernel, quantizableLayers } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted } from '../shared/words.ts';

const model = (activation: string) => () =>
  sketch({
    inputs: { x: [1, 4, 8, 8] },
    outputs: { y: [1, 4, 8, 8] },
    constants: { 'a.weight': [4, 4, 1, 1], 'b.weight': [4, 4, 1, 1] },
    nodes: [
      layer('a', 'Conv', 'x', 'h'),
      createNode(activation, ['h'], ['g'], { name: 'activation' }),
      layer('b', 'Conv', 'g', 'y'),
    ],
  });

export const noInt8Kernel = defineDiagnostic({
  subject: 'model',
  code: 'no-int8-kernel',
  severity: 'information',
  what: 'Operators between quantizable layers have no int8 kernel in ONNX Runtime on a CPU.',
  why: 'They stay in float, so that values are dequantized before and quantized after each of them: two passes over memory that can cost more than int8 gains.',
  remedy:
    'Where you can choose, train with ReLU, or Sigmoid and Mul, instead; otherwise measure whether the quantized model is faster.',
  *detect(context) {
    const counts = new Map<string, number>();
    const seen = new Set<unknown>();
    for (const { graph, node } of quantizableLayers(context)) {
      const around = [
        graph.producer(node.inputs[0] ?? ''),
        ...node.outputs.flatMap((output) => graph.consumers(output)),
      ];
      for (const other of around) {
        if (!other || seen.has(other) || !hasNoInt8Kernel(other)) continue;
        seen.add(other);
        counts.set(other.opType, (counts.get(other.opType) ?? 0) + 1);
      }
    }
    if (counts.size > 0)
      yield {
        message: `Beside quantizable layers stay in float: ${[...counts].map(([op, count]) => counted(count, op, op)).join(', ')}.`,
      };
  },
  bad: [model('HardSwish')],
  good: [model('Relu')],
});
