import type { Builder } from '../../ir/builder.ts';
import { createBuilder } from '../../ir/builder.ts';
import { Graph } from '../../ir/graph.ts';
import { inlineIf } from './inline-if.ts';
import { proves, refuses } from './shared/prove.testing.ts';

const body = (prefix: string, write: (b: Builder) => string) => {
  const graph = new Graph(prefix);
  graph.outputs.push({ name: write(createBuilder(graph, undefined, `${prefix}_`)) });
  return { kind: 'graph', value: graph } as const;
};
const branches = {
  then_branch: body('then', (b) => b.op('Add', [b.op('Relu', ['x']), b.constant('float', [], [2])])),
  else_branch: body('else', (b) => b.op('Sigmoid', ['x'])),
};

proves(
  inlineIf,
  {
    name: 'a condition that is true',
    inputs: { x: [3] },
    build: (b) => b.op('Abs', [b.op('If', [b.constant('bool', [], [1])], branches)]),
  },
  ['Relu', 'Add', 'Abs'],
);
proves(
  inlineIf,
  {
    name: 'one that is false, with the result an output of the graph',
    inputs: { x: [3] },
    build: (b) => b.op('If', [b.constant('bool', [], [0])], branches),
  },
  ['Sigmoid'],
);
refuses(
  inlineIf,
  {
    name: 'a condition that is computed',
    inputs: { x: [3], y: [] },
    build: (b) => b.op('If', [b.op('Greater', ['y', b.constant('float', [], [0])])], branches),
  },
  'no match',
);
