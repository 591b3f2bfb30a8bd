import { PareError } from '../../base/errors.ts';
import type { Graph } from '../../ir/graph.ts';
import { cloneModel, type Model } from '../../ir/model.ts';
import { bodiesOf, createNode } from '../../ir/node.ts';
import { defineDiagnostic, type ModelContext, type ModelFinding } from '../define.ts';
import { graphsOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';

const relu = (input: string, output: string) =>
  createNode('Relu', [input], [output], { name: `relu_${output}` });
const model =
  (...nodes: readonly ReturnType<typeof relu>[]) =>
  () =>
    sketch({ inputs: { x: [1, 4] }, outputs: { y: [1, 4] }, nodes });

export const undefinedValue = defineDiagnostic({
  subject: 'model',
  code: 'undefined-value',
  severity: 'error',
  what: 'A node reads a value that nothing before it defines.',
  why: 'Nodes of an ONNX graph stand in the order of their dependencies. ONNX Runtime refuses a graph with a missing value, and strict tools one in the wrong order.',
  remedy:
    'Where only the order is wrong, the quick fix sorts the nodes. Otherwise export the model again: a node was removed and its readers were not.',
  *detect(context) {
    let sortable: boolean | undefined;
    const fix = () =>
      (sortable ??= isSortable(context.model)) ? { fix: { title: 'Sort the nodes', apply: sorted } } : {};
    yield* within(context.model.graph, new Set(), context, fix);
  },
  bad: [
    model(relu('nothing', 'y')),
    model(relu('h', 'y'), relu('x', 'h')),
    model(relu('b', 'a'), relu('a', 'b'), relu('x', 'y')),
  ],
  good: [model(relu('x', 'h'), relu('h', 'y'))],
});

function* within(
  graph: Graph,
  outer: ReadonlySet<string>,
  context: ModelContext,
  fix: () => Pick<ModelFinding, 'fix'>,
): Iterable<ModelFinding> {
  const defined = new Set([
    ...outer,
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.sparseInitializers.keys(),
  ]);
  for (const node of graph.nodes) {
    const name = context.nameOf(node);
    for (const value of new Set(node.inputs)) {
      if (value === '' || defined.has(value)) continue;
      yield graph.producer(value)
        ? {
            message: `'${name}' reads '${value}' before it is computed.`,
            name,
            ...fix(),
          }
        : { message: `'${name}' reads '${value}', which nothing defines.`, name };
      // Once for each value.
      defined.add(value);
    }
    for (const body of bodiesOf(node)) yield* within(body, defined, context, fix);
    for (const output of node.outputs) defined.add(output);
  }
  for (const { name } of graph.outputs)
    if (!defined.has(name)) yield { message: `Output '${name}' is computed by no node.`, name };
}

/** False when nodes wait for each other in a circle. */
function isSortable(model: Model): boolean {
  try {
    sorted(model);
    return true;
  } catch (error) {
    if (error instanceof PareError) return false;
    throw error;
  }
}

function sorted(model: Model): Model {
  const copy = cloneModel(model);
  for (const graph of graphsOf(copy)) graph.sort();
  return copy;
}
