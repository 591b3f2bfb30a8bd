import { ints } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import { createNode } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { isQuantization, weightInput } from '../shared/quantization.ts';
import { layer, sketch } from '../shared/sketch.ts';
import { listed } from '../shared/words.ts';

export const computedWeights = defineDiagnostic({
  subject: 'model',
  code: 'computed-weights',
  severity: 'warning',
  what: 'Weights are computed from constants each time the model runs.',
  why: 'A Transpose or Cast between a constant and its layer hides the weights: quantizers and pruners look for a constant and skip the layer, or stop with an error.',
  remedy: 'Put `optimize` first in the recipe: it folds what is constant.',
  *detect({ model, nameOf }) {
    const names: string[] = [];
    const operators = new Set<string>();
    for (const { graph, node } of nodesOf(model)) {
      const input = weightInput(node);
      const producer = input === undefined ? undefined : graph.producer(node.inputs[input] ?? '');
      if (!producer || producer.opType === 'Constant' || isQuantization(producer)) continue;
      if (!isConstant(graph, node.inputs[input!]!, deepest)) continue;
      names.push(nameOf(node));
      operators.add(producer.opType);
    }
    if (names.length > 0)
      yield {
        message: `The weights of ${listed(names)} are computed by ${[...operators].join(', ')} at every run.`,
        name: names[0]!,
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { w: [2, 4] },
        nodes: [
          createNode('Transpose', ['w'], ['wt'], { attributes: { perm: ints([1, 0]) } }),
          createNode('MatMul', ['x', 'wt'], ['y'], { name: 'fc' }),
        ],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 2] },
        constants: { 'fc.weight': [4, 2] },
        nodes: [layer('fc', 'MatMul', 'x', 'y')],
      }),
    // What is multiplied here are activations.
    () =>
      sketch({
        inputs: { q: [1, 4, 4], k: [1, 4, 4] },
        outputs: { y: [1, 4, 4] },
        nodes: [
          createNode('Transpose', ['k'], ['kt'], { attributes: { perm: ints([0, 2, 1]) } }),
          createNode('MatMul', ['q', 'kt'], ['y'], { name: 'scores' }),
        ],
      }),
  ],
});

/** Longer chains than this are not weights that an exporter turned around. */
const deepest = 8;

function isConstant(graph: Graph, value: string, depth: number): boolean {
  if (value === '' || graph.constant(value)) return true;
  const producer = graph.producer(value);
  return (
    producer !== undefined &&
    depth > 0 &&
    producer.inputs.length > 0 &&
    producer.inputs.every((input) => isConstant(graph, input, depth - 1))
  );
}
