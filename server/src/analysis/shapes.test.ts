import { describe, expect, it } from 'vitest';
import { type Attribute, float, int, ints } from '../ir/attribute.ts';
import { createModel } from '../ir/create-model.ts';
import { Graph } from '../ir/graph.ts';
import type { LocalFunction, Model } from '../ir/model.ts';
import { createNode } from '../ir/node.ts';
import { tensor } from '../ir/tensor.ts';
import { formatType, tensorType, type ValueInfo, type ValueType } from '../ir/value-type.ts';
import { inferShapes } from './shapes.ts';

type Row = readonly [
  op: string,
  inputs: string,
  outputs: string,
  attributes?: Readonly<Record<string, Attribute>>,
];

const nodesOf = (rows: readonly Row[], domain = '') =>
  rows.map(([op, inputs, outputs, attributes = {}]) =>
    createNode(op, inputs === '' ? [] : inputs.split(' '), outputs.split(' '), { attributes, domain }),
  );

const value = (name: string, ...shape: (number | string)[]): ValueInfo => ({
  name,
  type: tensorType('float', shape),
});

function graphOf(inputs: readonly ValueInfo[], rows: readonly Row[], outputs: readonly string[]): Graph {
  const graph = new Graph('test');
  graph.inputs.push(...inputs);
  graph.add(nodesOf(rows));
  graph.outputs.push(...outputs.map((name) => ({ name })));
  return graph;
}

const typeOf = (model: Model, name: string) => formatType(inferShapes(model).types.get(name));
const body = (graph: Graph): Attribute => ({ kind: 'graph', value: graph });

describe('sizes that are computed in the graph', () => {
  it('flow from Shape through Gather, Slice, arithmetic and Concat into Reshape', () => {
    const graph = graphOf(
      [value('x', 'N', 3, 'H', 'W')],
      [
        ['Shape', 'x', 'shape'],
        ['Gather', 'shape zero', 'n'],
        ['Slice', 'shape two four', 'hw'],
        ['Mul', 'hw hw', 'squares'],
        ['Div', 'squares hw', 'back'],
        ['Unsqueeze', 'n axis', 'n1'],
        ['Concat', 'n1 three back', 'target', { axis: int(0) }],
        ['Reshape', 'x target', 'y'],
        ['Concat', 'n1 rest', 'flat', { axis: int(0) }],
        ['Reshape', 'y flat', 'z'],
      ],
      ['z'],
    );
    for (const [name, dims, values] of [
      ['zero', [], [0]],
      ['two', [1], [2]],
      ['four', [1], [4]],
      ['axis', [1], [0]],
      ['three', [1], [3]],
      ['rest', [1], [-1]],
    ] as const)
      graph.setInitializer(tensor(name, 'int64', dims, values));
    const shapes = inferShapes(createModel(graph));
    expect(shapes.problems).toEqual([]);
    expect(formatType(shapes.types.get('y'))).toBe('float[N, 3, H, W]');
    expect(formatType(shapes.types.get('z'))).toBe('float[N, 3*H*W]');
  });
});

describe('what the file states', () => {
  const withStated = (stated: ValueType): Model => {
    const graph = graphOf(
      [value('x', 'N', 4)],
      [
        ['NonZero', 'x', 'y'],
        ['Relu', 'x', 'z'],
      ],
      ['y', 'z'],
    );
    graph.valueInfo.set('y', { name: 'y', type: stated });
    return createModel(graph);
  };

  it('makes an unknown size known', () => {
    const model = withStated(tensorType('int64', [2, 'found']));
    expect(typeOf(model, 'y')).toBe('int64[2, found]');
    expect(inferShapes(model).problems).toEqual([]);
  });

  it('is contradicted aloud', () => {
    const model = withStated(tensorType('int64', [3, 'found']));
    const shapes = inferShapes(model);
    expect(formatType(shapes.types.get('y'))).toBe('int64[2, ?]');
    expect(shapes.problems.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      "stated: NonZero 'y': the file states int64[3, found] for 'y', which is int64[2, ?]",
    ]);
  });

  it('stands in for operators that are not known', () => {
    const graph = graphOf([value('x', 'N', 4)], [], ['y']);
    graph.add(nodesOf([['Secret', 'x', 'y']], 'somewhere'));
    graph.outputs[0] = value('y', 'N', 2);
    expect(typeOf(createModel(graph), 'y')).toBe('float[N, 2]');
  });

  it('does not replace a symbol: the file may be of one example', () => {
    const graph = graphOf([value('x', 'N', 4)], [['Relu', 'x', 'y']], ['y']);
    graph.valueInfo.set('y', value('y', 1, 4));
    expect(typeOf(createModel(graph), 'y')).toBe('float[N, 4]');
  });
});

describe('bodies', () => {
  it('see the values around them, and branches that differ meet', () => {
    const [then, otherwise] = [
      graphOf([], [['Concat', 'x x', 'r', { axis: int(1) }]], ['r']),
      graphOf([], [['Relu', 'x', 'r']], ['r']),
    ];
    const graph = graphOf(
      [value('x', 'N', 4), { name: 'c', type: tensorType('bool', []) }],
      [['If', 'c', 'y', { then_branch: body(then), else_branch: body(otherwise) }]],
      ['y'],
    );
    const shapes = inferShapes(createModel(graph));
    expect(formatType(shapes.types.get('y'))).toBe('float[N, ?]');
    expect(formatType(shapes.typeIn(then, 'r'))).toBe('float[N, 8]');
    expect(formatType(shapes.typeIn(otherwise, 'r'))).toBe('float[N, 4]');
  });

  it('of loops forget sizes that change from round to round', () => {
    const inner = graphOf(
      [
        { name: 'i', type: tensorType('int64', []) },
        { name: 'go', type: tensorType('bool', []) },
        { name: 'grows' },
        { name: 'stays' },
      ],
      [
        ['Identity', 'go', 'go2'],
        ['Concat', 'grows x', 'grown', { axis: int(0) }],
        ['Relu', 'stays', 'stayed'],
        ['Identity', 'stayed', 'seen'],
      ],
      ['go2', 'grown', 'stayed', 'seen'],
    );
    const graph = graphOf(
      [value('x', 'N', 4)],
      [['Loop', 'count  x x', 'a b c', { body: body(inner) }]],
      ['a', 'b', 'c'],
    );
    graph.setInitializer(tensor('count', 'int64', [], [7]));
    const shapes = inferShapes(createModel(graph));
    expect(['a', 'b', 'c'].map((name) => formatType(shapes.types.get(name)))).toEqual([
      'float[?, 4]',
      'float[N, 4]',
      'float[7, N, 4]',
    ]);
  });
});

describe('model-local functions', () => {
  const local = (
    name: string,
    inputs: readonly string[],
    rows: readonly Row[],
    output: string,
  ): LocalFunction => ({
    name,
    domain: 'local',
    overload: '',
    doc: '',
    opsets: new Map([['', 17]]),
    attributes: ['axis'],
    attributeDefaults: new Map([['axis', int(0)]]),
    graph: graphOf(
      inputs.map((input) => ({ name: input })),
      rows,
      [output],
    ),
    metadata: new Map(),
  });
  const join = local(
    'Join',
    ['a', 'shape'],
    [
      ['Concat', 'a a', 'c', { axis: { kind: 'ref', of: 'int', value: 'axis' } }],
      ['Reshape', 'c shape', 'r'],
    ],
    'r',
  );
  const calling = (
    functions: readonly LocalFunction[],
    rows: readonly Row[],
    outputs: readonly string[],
  ): Model => {
    const graph = graphOf([value('x', 'N', 4)], [], outputs);
    graph.add(nodesOf(rows, 'local'));
    graph.setInitializer(tensor('flat', 'int64', [1], [-1]));
    graph.setInitializer(tensor('wide', 'int64', [2], [0, 8]));
    return { ...createModel(graph, 17, { local: 1 }), functions };
  };

  it('are inferred call by call, with attributes and constants of the call', () => {
    const model = calling(
      [join],
      [
        ['Join', 'x flat', 'y'],
        ['Join', 'x wide', 'z', { axis: int(1) }],
      ],
      ['y', 'z'],
    );
    expect(typeOf(model, 'y')).toBe('float[8*N]');
    expect(typeOf(model, 'z')).toBe('float[N, 8]');
    expect(inferShapes(model).types.has('c')).toBe(false);
  });

  it('that are wrong inside are wrong at the call', () => {
    const model = calling([join], [['Join', 'x wide', 'y', { axis: int(5) }]], ['y']);
    expect(inferShapes(model).problems.map(({ node, message }) => `${node.opType}: ${message}`)).toEqual([
      "Join: local.Join 'y': in its body, Concat 'c': axis 5 is outside of rank 2",
    ]);
  });

  it('that call themselves end', () => {
    const again = local('Again', ['a'], [], 'c');
    again.graph.add(
      nodesOf(
        [
          ['Again', 'a', 'b'],
          ['Again', 'b', 'c'],
        ],
        'local',
      ),
    );
    expect(typeOf(calling([again], [['Again', 'x', 'y']], ['y']), 'y')).toBe('?');
  });
});

describe('broken graphs', () => {
  it('with a cycle, a missing value or absurd attributes do not stop the walk', () => {
    const graph = graphOf(
      [value('x', 2, 4)],
      [
        ['Add', 'x b', 'a'],
        ['Relu', 'a', 'b'],
        ['Relu', 'nowhere', 'c'],
        ['Transpose', 'x', 'd', { perm: ints([0, 0]) }],
        ['Unsqueeze', 'x huge', 'e'],
        ['Reshape', 'x wide', 'f'],
        ['Resize', 'x   wide', 'g', { cubic_coeff_a: float(Number.NaN) }],
        ['Relu', 'x', 'h'],
      ],
      ['h'],
    );
    graph.inputs.push({ name: 'wide', type: tensorType('int64', [2 ** 40]) });
    graph.setInitializer(tensor('huge', 'int64', [1], [2n ** 62n]));
    const shapes = inferShapes(createModel(graph));
    expect(formatType(shapes.types.get('h'))).toBe('float[2, 4]');
    expect(shapes.problems.map(({ node, kind }) => `${node.outputs[0]} ${kind}`)).toEqual([
      'd mismatch',
      'e mismatch',
      'f mismatch',
    ]);
  });

  it('with a window that is larger than the image say so, and the size stays unknown', () => {
    const rows: Row[] = [['MaxPool', 'x', 'y', { kernel_shape: ints([9, 9]) }]];
    const shapes = inferShapes(createModel(graphOf([value('x', 1, 2, 4, 4)], rows, ['y'])));
    expect(shapes.problems.map(({ message }) => message)).toEqual([
      "MaxPool 'y': output 0 would have the shape [1,2,-4,-4]",
    ]);
    expect(formatType(shapes.types.get('y'))).toBe('float[]');
  });

  it('out of order are put in order', () => {
    const graph = graphOf(
      [value('x', 2, 4)],
      [
        ['Relu', 'a', 'b'],
        ['Relu', 'x', 'a'],
      ],
      ['b'],
    );
    expect(typeOf(createModel(graph), 'b')).toBe('float[2, 4]');
  });

  it('whose sizes would grow without end are cut short', () => {
    const rows: Row[] = [];
    for (let i = 0; i < 60; i++)
      rows.push(['Concat', `v${i} w${i % 8} v${i}`, `v${i + 1}`, { axis: int(0) }]);
    const graph = graphOf(
      [value('v0', 'A*B + C'), ...Array.from({ length: 8 }, (_, i) => value(`w${i}`, `(P${i} + Q${i})*R`))],
      rows,
      ['v60'],
    );
    expect(inferShapes(createModel(graph)).types.get('v60')).toBeDefined();
  });
});

it('takes time in proportion to the graph', () => {
  const time = (count: number): number => {
    const graph = new Graph('chain');
    graph.inputs.push(value('v0', 'N', 4));
    graph.add(
      Array.from({ length: count }, (_, i) =>
        createNode(i % 2 ? 'Relu' : 'Flatten', [`v${i}`], [`v${i + 1}`]),
      ),
    );
    graph.outputs.push({ name: `v${count}` });
    const model = createModel(graph);
    const start = performance.now();
    expect(formatType(inferShapes(model).types.get(`v${count}`))).toBe('float[N, 4]');
    return performance.now() - start;
  };
  time(5000);
  const small = Math.min(time(5000), time(5000));
  // Twenty times the nodes; a quadratic walk would take four hundred times as long.
  expect(time(100_000) / small).toBeLessThan(150);
});
