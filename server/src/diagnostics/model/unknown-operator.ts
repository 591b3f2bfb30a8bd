import { createNode, qualifiedOp } from '../../ir/node.ts';
import { operatorOf } from '../../ops/registry.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const model = (opType: string, domain: string) => () =>
  sketch({
    inputs: { x: [1, 3, 4, 4] },
    outputs: { y: [1, 3, 4, 4] },
    constants: { w: [3, 3, 1, 1] },
    nodes: [createNode(opType, ['x', 'w'], ['y'], { name: 'layer', domain })],
    opsets: { '': 21, 'org.example': 1 },
  });

export const unknownOperator = defineDiagnostic({
  subject: 'model',
  code: 'unknown-operator',
  severity: 'warning',
  what: 'The model uses operators that Pare does not know.',
  why: 'What they compute and cost cannot be told: shapes behind them are taken from the file, and no step touches them. A runtime needs a library that has them.',
  remedy:
    'Export the model with standard operators, or register the library that has these with the runtime.',
  *detect({ model, nameOf }) {
    const local = new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`));
    const unknown = new Map<string, string[]>();
    for (const { node } of nodesOf(model)) {
      if (operatorOf(node) || local.has(`${node.domain}:${node.opType}`)) continue;
      unknown.set(qualifiedOp(node), [...(unknown.get(qualifiedOp(node)) ?? []), nameOf(node)]);
    }
    for (const [operator, names] of unknown)
      yield {
        message: `Pare does not know the operator ${operator} of ${counted(names.length, 'node')}: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [model('Mystery', 'org.example')],
  good: [model('Conv', '')],
});
