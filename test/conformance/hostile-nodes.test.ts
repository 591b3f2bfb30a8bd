import fc from 'fast-check';
import { expect, it } from 'vitest';
import { modelCost } from '../../server/src/analysis/cost.ts';
import { inferShapes } from '../../server/src/analysis/shapes.ts';
import type { Attribute } from '../../server/src/ir/attribute.ts';
import { createModel } from '../../server/src/ir/create-model.ts';
import type { Dim } from '../../server/src/ir/dim.ts';
import { Graph } from '../../server/src/ir/graph.ts';
import { createNode } from '../../server/src/ir/node.ts';
import { tensor } from '../../server/src/ir/tensor.ts';
import { tensorType } from '../../server/src/ir/value-type.ts';
import { isNone, type Operator } from '../../server/src/ops/define.ts';
import { operators } from '../../server/src/ops/index.ts';

/** Numbers as a damaged or hostile file has them. */
const number = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(-(2 ** 63), 2 ** 63 - 1, 2 ** 31, -(2 ** 31), 1e9, 1000),
);
const shape: fc.Arbitrary<readonly Dim[] | undefined> = fc.option(
  fc.array(fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom<Dim>('N', '?', 2 ** 40, '2*N - 3')), {
    maxLength: 6,
  }),
  { nil: undefined },
);

function attributeFor(kind: string): fc.Arbitrary<Attribute | undefined> {
  switch (kind) {
    case 'int':
      return number.map((value) => ({ kind: 'int', value }));
    case 'ints':
      return fc.array(number, { maxLength: 8 }).map((value) => ({ kind: 'ints', value }));
    case 'float':
      return fc.double().map((value) => ({ kind: 'float', value }));
    case 'floats':
      return fc.array(fc.double(), { maxLength: 5 }).map((value) => ({ kind: 'floats', value }));
    case 'string':
      return fc
        .constantFrom('', 'linear', 'SAME_UPPER', 'ij,jk->ik', '...i->i', 'bidirectional', ']')
        .map((value) => ({ kind: 'string', value }));
    default:
      return fc.constant(undefined);
  }
}

const types = fc.constantFrom(
  'float',
  'int64',
  'uint8',
  'bool',
  'string',
  'undefined',
  'float16',
) as fc.Arbitrary<'float' | 'int64' | 'uint8' | 'bool' | 'string' | 'undefined' | 'float16'>;

const nodeOf = (operator: Operator) =>
  fc.record({
    inputs: fc.array(
      fc.oneof(
        fc.record({ type: types, shape }),
        fc.record({ list: fc.array(number, { maxLength: 5 }) }),
        fc.constant('missing' as const),
        fc.constant('unknown' as const),
      ),
      { maxLength: Math.max(3, operator.inputs.length + 1) },
    ),
    outputs: fc.integer({ min: 0, max: 4 }),
    opset: fc.integer({ min: 1, max: 28 }),
    attributes: fc.record(
      Object.fromEntries(
        Object.entries(operator.attributes).map(([name, { kind }]) => [name, attributeFor(kind)]),
      ),
      { requiredKeys: [] },
    ),
  });

it.each(operators.map((operator) => [`${operator.domain}:${operator.type}`, operator] as const))(
  '%s: inference and cost end on anything, with a reason',
  (_, operator) => {
    fc.assert(
      fc.property(nodeOf(operator), ({ inputs, outputs, opset, attributes }) => {
        const graph = new Graph('hostile');
        const names = inputs.map((input, i) => {
          const name = `x${i}`;
          if (input === 'missing') return '';
          if (input === 'unknown') return name;
          if ('list' in input)
            graph.setInitializer(
              tensor(
                name,
                'int64',
                [input.list.length],
                input.list.map((value) => BigInt(Math.max(-(2 ** 62), Math.min(value, 2 ** 62)))),
              ),
            );
          else graph.inputs.push({ name, type: tensorType(input.type, input.shape) });
          return name;
        });
        const given = Object.entries(attributes).filter(
          (entry): entry is [string, Attribute] => entry[1] !== undefined,
        );
        graph.add([
          createNode(
            operator.type,
            names,
            Array.from({ length: outputs }, (_, i) => `y${i}`),
            { domain: operator.domain, attributes: new Map(given) },
          ),
        ]);
        const model = createModel(graph, opset, operator.domain === '' ? {} : { [operator.domain]: 1 });
        const shapes = inferShapes(model);
        // `failed` means that a rule broke instead of saying what is wrong.
        expect(shapes.problems.filter(({ kind }) => kind === 'failed')).toEqual([]);
        const cost = modelCost(model, shapes);
        expect(cost.macs).not.toBeNaN();
        if (!isNone(operator.channels))
          operator.channels({
            inputs: names.map((name) => {
              const type = shapes.types.get(name);
              return type?.kind === 'tensor' ? type : undefined;
            }),
            outputs: [],
            attributes: Object.fromEntries(
              Object.entries(operator.attributes).map(([name, { default: value }]) => [name, value]),
            ),
            constant: (input) => graph.constant(names[input] ?? ''),
          });
      }),
      { numRuns: 40 },
    );
  },
);
