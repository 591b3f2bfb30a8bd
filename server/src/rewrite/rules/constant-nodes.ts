import type { Attribute } from '../../ir/attribute.ts';
import type { Node } from '../../ir/node.ts';
import { renamed, type Tensor, tensor } from '../../ir/tensor.ts';
import { graphRule } from '../rule.ts';

/** Constant nodes become initializers, so that weights stand where every tool looks for them. */
export const constantNodes = graphRule({
  name: 'constant-nodes',
  summary: 'Constant nodes become initializers.',
  run: (graph) => {
    const done: Node[] = [];
    for (const node of graph.nodes) {
      const [output] = node.outputs;
      if (node.opType !== 'Constant' || node.domain !== '' || !output || graph.isOutput(output)) continue;
      const value = storedValue(node);
      if (!value) continue;
      graph.setInitializer(renamed(value, output));
      graph.valueInfo.delete(output);
      done.push(node);
    }
    graph.remove(done);
    return done.length;
  },
});

function storedValue({ attributes }: Node): Tensor | undefined {
  for (const attribute of attributes.values()) {
    const value = tensorOf(attribute);
    if (value) return value;
  }
  return undefined;
}

function tensorOf(attribute: Attribute): Tensor | undefined {
  switch (attribute.kind) {
    case 'tensor':
      return attribute.value;
    case 'float':
      return tensor('', 'float', [], [attribute.value]);
    case 'floats':
      return tensor('', 'float', [attribute.value.length], attribute.value);
    case 'int':
      return tensor('', 'int64', [], [attribute.value]);
    case 'ints':
      return tensor('', 'int64', [attribute.value.length], attribute.value);
    default:
      return undefined;
  }
}
