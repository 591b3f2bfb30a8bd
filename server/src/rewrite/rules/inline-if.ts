import type { Graph } from '../../ir/graph.ts';
import { bodiesOf } from '../../ir/node.ts';
import { numbers, renamed } from '../../ir/tensor.ts';
import { type Match, patternRule } from '../rule.ts';

/** If with a constant condition -> the nodes of the branch that is taken. */
export const inlineIf = patternRule({
  name: 'inline-if',
  summary: 'An If whose condition is constant is replaced by the branch that it takes.',
  patterns: ['If(#condition)'],
  check: (match) => {
    const branch = branchOf(match);
    if (!branch) return 'it has no such branch';
    if (branch.nodes.some((node) => bodiesOf(node).length > 0)) return 'its branch holds bodies itself';
    return branch.sparseInitializers.size > 0 ? 'its branch holds sparse constants' : undefined;
  },
  rewrite: (match) => {
    const { build } = match;
    const branch = branchOf(match)!;
    const names = new Map<string, string>();
    const outer = (name: string) => names.get(name) ?? name;
    for (const [name, value] of branch.initializers) names.set(name, build.tensor(renamed(value, name)));
    for (const node of branch.nodes) {
      const outputs = build.multi(
        node.opType,
        node.inputs.map(outer),
        node.outputs.length,
        Object.fromEntries(node.attributes),
        { domain: node.domain, name: node.name || node.opType },
      );
      for (const [index, name] of node.outputs.entries()) names.set(name, outputs[index]!);
    }
    return branch.outputs.map(({ name }) => outer(name));
  },
});

function branchOf({ root, tensor }: Match): Graph | undefined {
  const attribute = root.attributes.get(
    Number(numbers(tensor('condition'))[0]) ? 'then_branch' : 'else_branch',
  );
  return attribute?.kind === 'graph' ? attribute.value : undefined;
}
