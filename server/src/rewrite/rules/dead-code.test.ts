import { expect, test } from 'vitest';
import { int } from '../../ir/attribute.ts';
import { createBuilder } from '../../ir/builder.ts';
import { Graph } from '../../ir/graph.ts';
import { removeUnused } from '../unused.ts';
import { deadCode } from './dead-code.ts';
import { proves, refuses } from './shared/prove.testing.ts';

proves(
  deadCode,
  {
    name: 'a chain that ends nowhere',
    inputs: { x: [2, 3] },
    build: (b) => {
      b.op('Concat', [b.op('Relu', ['x']), b.constant('float', [1, 3], [1, 2, 3])], { axis: int(0) });
      return b.op('Sigmoid', ['x']);
    },
  },
  ['Sigmoid'],
);
refuses(
  deadCode,
  {
    name: 'a graph that needs everything',
    inputs: { x: [2] },
    build: (b) => b.op('Relu', [b.op('Sigmoid', ['x'])]),
  },
  'no match',
);

test('constants and hints go with their readers; what a body reads stays', () => {
  const graph = new Graph('main');
  const build = createBuilder(graph);
  const kept = build.constant('float', [], [1], 'kept');
  build.constant('float', [], [2], 'unread');
  graph.valueInfo.set('ghost', { name: 'ghost' });
  const body = new Graph('body');
  body.outputs.push({ name: createBuilder(body, undefined, 'inner').op('Relu', [kept]) });
  const other = new Graph('body');
  other.outputs.push({ name: createBuilder(other, undefined, 'other').op('Sigmoid', [kept]) });
  graph.inputs.push({ name: 'condition' });
  graph.outputs.push({
    name: build.op('If', ['condition'], {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: other },
    }),
  });
  expect(removeUnused(graph)).toBe(1);
  expect([...graph.initializers.keys()]).toEqual(['kept']);
  expect(graph.valueInfo.size).toBe(0);
});
