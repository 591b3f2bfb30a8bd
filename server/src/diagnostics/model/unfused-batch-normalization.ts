import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const before = new Set(['Conv', 'ConvTranspose', 'Gemm']);
const norm = (input: string, output: string) =>
  createNode('BatchNormalization', [input, 'scale', 'bias', 'mean', 'var'], [output], { name: 'norm' });

export const unfusedBatchNormalization = defineDiagnostic({
  subject: 'model',
  code: 'unfused-batch-normalization',
  severity: 'information',
  what: 'A BatchNormalization stands behind a layer that could take it up.',
  why: 'At inference it is a scale and a shift of each channel, which fit into the weights and bias before it. Left alone it costs a pass over memory, and it keeps ONNX Runtime from running the layer in int8.',
  remedy: 'Put `optimize` first in the recipe, or run `pare optimize`.',
  *detect({ model, nameOf }) {
    const names = [];
    for (const { graph, node } of nodesOf(model)) {
      if (node.opType !== 'BatchNormalization' || node.domain !== '') continue;
      const producer = graph.producer(node.inputs[0] ?? '');
      if (producer && before.has(producer.opType) && graph.soleConsumer(node.inputs[0]!) === node)
        names.push(nameOf(node));
    }
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'BatchNormalization')} could be part of the layer before: ${listed(names)}.`,
        ...(names.length === 1 ? { name: names[0]! } : {}),
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 3, 8, 8] },
        outputs: { y: [1, 4, 8, 8] },
        constants: { 'conv.weight': [4, 3, 1, 1], scale: [4], bias: [4], mean: [4], var: [4] },
        nodes: [layer('conv', 'Conv', 'x', 'c'), norm('c', 'y')],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4, 8, 8] },
        outputs: { y: [1, 4, 8, 8] },
        constants: { scale: [4], bias: [4], mean: [4], var: [4] },
        nodes: [norm('x', 'y')],
      }),
  ],
});
