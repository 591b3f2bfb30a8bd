import type { Attribute } from '../../ir/attribute.ts';
import { bodiesOf, type Node, qualifiedOp } from '../../ir/node.ts';
import { operatorOf } from '../../ops/registry.ts';
import { graphRule } from '../rule.ts';

/** Two nodes that apply the same operator to the same values compute the same: the later one goes. */
export const commonSubexpressions = graphRule({
  name: 'common-subexpressions',
  summary: 'Nodes that compute the same thing twice are merged.',
  run: (graph) => {
    const seen = new Map<string, Node>();
    const merged: Node[] = [];
    for (const node of graph.nodes) {
      if (!operatorOf(node)?.deterministic || node.opType === 'Constant' || bodiesOf(node).length > 0)
        continue;
      // An output of the graph keeps its own node: its name must stay.
      if (node.outputs.some((output) => graph.isOutput(output))) continue;
      const key = keyOf(node);
      const first = key === undefined ? undefined : seen.get(key);
      if (key === undefined) continue;
      if (!first || first.outputs.length < node.outputs.length) {
        seen.set(key, node);
        continue;
      }
      if (node.outputs.some((output, index) => output !== '' && first.outputs[index] === '')) continue;
      for (const [index, output] of node.outputs.entries())
        if (output !== '') graph.replaceUses(output, first.outputs[index]!);
      merged.push(node);
    }
    graph.remove(merged);
    return merged.length;
  },
});

/** Equal for nodes that compute the same; undefined for a node with an attribute that is not cheaply compared. */
function keyOf(node: Node): string | undefined {
  const attributes: string[] = [];
  for (const [name, attribute] of [...node.attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = textOfAttribute(attribute);
    if (text === undefined) return undefined;
    attributes.push(`${name}=${text}`);
  }
  return JSON.stringify([qualifiedOp(node), node.overload, node.inputs, attributes]);
}

function textOfAttribute(attribute: Attribute): string | undefined {
  switch (attribute.kind) {
    case 'float':
    case 'int':
    case 'floats':
    case 'ints':
      return `${attribute.kind}:${attribute.value}`;
    case 'string':
      return typeof attribute.value === 'string' ? JSON.stringify(attribute.value) : undefined;
    case 'strings':
      return attribute.value.every((value) => typeof value === 'string')
        ? JSON.stringify(attribute.value)
        : undefined;
    default:
      return undefined;
  }
}
