import { expect, test } from 'vitest';
import { ints } from '../ir/attribute.ts';
import { type Builder, createBuilder } from '../ir/builder.ts';
import { Graph } from '../ir/graph.ts';
import { createNode } from '../ir/node.ts';
import { wave } from '../ops/shared/elementwise.ts';
import { rewriteModel } from './driver.ts';
import { patternRule } from './rule.ts';
import { rules } from './rules/index.ts';
import { evaluateModel, opTypes, proofModel } from './rules/shared/prove.testing.ts';

const optimize = (
  build: (b: Builder) => string | readonly string[],
  inputs = { x: [2, 3, 4] } as Record<string, number[]>,
) => rewriteModel(proofModel({ name: '', inputs, build }), rules, { evaluate: evaluateModel });

test('rules have names of their own, in kebab-case, and summaries that are sentences', () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  for (const { name, summary } of rules) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(summary).toMatch(/^[A-Z].*\.$/);
  }
});

test('bodies are rewritten as well, with constants of the graph around them', async () => {
  const body = (name: string) => {
    const graph = new Graph(name);
    const b = createBuilder(graph, undefined, `${name}_`);
    const copy = b.op('Identity', [b.op('Add', ['x', 'zero'])]);
    const turned = b.op('Transpose', [b.op('Transpose', [copy], { perm: ints([1, 0, 2]) })], {
      perm: ints([1, 0, 2]),
    });
    graph.outputs.push({ name: b.op('Relu', [turned]) });
    return { kind: 'graph', value: graph } as const;
  };
  const { model } = await optimize(
    (b) => {
      b.graph.setInitializer({ ...b.graph.constant(b.constant('float', [], [0]))!, name: 'zero' });
      const condition = b.op('Greater', ['y', 'zero']);
      return b.op('If', [condition], { then_branch: body('then'), else_branch: body('else') });
    },
    { x: [2, 3, 4], y: [] },
  );
  expect(opTypes(model.graph)).toEqual(['Greater', 'If', 'Relu', 'Relu']);
});

test('a layer keeps its name, and an output its own', async () => {
  const { model } = await optimize(
    (b) => {
      const weights = b.constant('float', [4, 3], wave(12));
      const product = createNode('MatMul', ['x', weights], ['product'], { name: 'fc' });
      b.graph.add([
        product,
        createNode('Add', ['product', b.constant('float', [3], wave(3))], ['y'], { name: 'fc_add' }),
      ]);
      return 'y';
    },
    { x: [2, 4] },
  );
  expect(model.graph.nodes.map(({ name, outputs }) => [name, outputs])).toEqual([['fc', ['y']]]);
});

test('an output that is another output, or an input, keeps a node that names it', async () => {
  const { model } = await optimize((b) => {
    const relu = b.op('Relu', ['x']);
    return [relu, b.op('Identity', [relu]), b.op('Identity', ['x'])];
  });
  expect(opTypes(model.graph)).toEqual(['Relu', 'Identity', 'Identity']);
});

test('rules that undo each other come to an end', async () => {
  const swap = (from: string, to: string) =>
    patternRule({
      name: `${from}-to-${to}`,
      summary: '',
      patterns: [`${from}(x)`],
      rewrite: ({ build, value }) => build.op(to, [value('x')]),
    });
  const model = proofModel({ name: '', inputs: { x: [2] }, build: (b) => b.op('Sin', ['x']) });
  const { model: result } = await rewriteModel(model, [swap('Sin', 'Cos'), swap('Cos', 'Sin')]);
  expect(result.graph.nodes.length).toBe(1);
});

test('an aborted rewriting stops', async () => {
  const model = proofModel({ name: '', inputs: { x: [2] }, build: (b) => b.op('Sin', ['x']) });
  await expect(rewriteModel(model, rules, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

test('ten thousand nodes are rewritten', async () => {
  const { model } = await optimize((b) => {
    let value = 'x';
    for (let i = 0; i < 5_000; i++) value = b.op('Relu', [b.op('Identity', [value])]);
    return value;
  });
  expect(opTypes(model.graph)).toEqual(['Relu']);
});
