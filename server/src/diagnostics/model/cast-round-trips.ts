import { int } from '../../ir/attribute.ts';
import { type DataType, dataTypeCode, dataTypeOf } from '../../ir/data-type.ts';
import { createNode, type Node } from '../../ir/node.ts';
import { defineDiagnostic } from '../define.ts';
import { nodesOf } from '../shared/graphs.ts';
import { sketch } from '../shared/sketch.ts';
import { counted, listed } from '../shared/words.ts';

const cast = (input: string, output: string, to: DataType) =>
  createNode('Cast', [input], [output], {
    name: `cast_${output}`,
    attributes: { to: int(dataTypeCode(to)) },
  });
const small: readonly DataType[] = ['float16', 'bfloat16'];

export const castRoundTrips = defineDiagnostic({
  subject: 'model',
  code: 'cast-round-trips',
  severity: 'warning',
  what: 'Values are cast to a 16-bit float and at once back.',
  why: 'Each pair costs two passes over memory and loses precision. Converters to float16 leave them around operators that they keep in float, and on a CPU, which computes in float anyway, they make the model slower than it was.',
  remedy:
    'Convert from the float model again and keep neighbouring operators in one type; for size alone, store the weights in float16 and cast them.',
  *detect({ model, nameOf }) {
    const names = [];
    for (const { graph, node } of nodesOf(model)) {
      const producer = graph.producer(node.inputs[0] ?? '');
      const [from, to] = [producer && castTarget(producer), castTarget(node)];
      if (from && to && small.includes(from) && to === 'float') names.push(nameOf(node));
    }
    if (names.length > 0)
      yield {
        message: `${counted(names.length, 'value')} ${names.length === 1 ? 'is' : 'are'} cast to 16 bits and back: ${listed(names)}.`,
        name: names[0]!,
      };
  },
  bad: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 4] },
        nodes: [cast('x', 'h', 'float16'), cast('h', 'f', 'float'), createNode('Relu', ['f'], ['y'])],
      }),
  ],
  good: [
    () =>
      sketch({
        inputs: { x: [1, 4] },
        outputs: { y: [1, 4] },
        nodes: [cast('x', 'h', 'float16'), createNode('Relu', ['h'], ['r']), cast('r', 'y', 'float')],
      }),
  ],
});

function castTarget({ opType, domain, attributes }: Node): DataType | undefined {
  const to = attributes.get('to');
  return opType === 'Cast' && domain === '' && to?.kind === 'int' ? dataTypeOf(Number(to.value)) : undefined;
}
