import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Graph } from '../../ir/graph.ts';
import { createNode } from '../../ir/node.ts';
import { floats, tensor } from '../../ir/tensor.ts';
import { readModel } from '../read.ts';
import { modelBytes } from '../write.ts';
import { readText } from './build.ts';
import { keepUnsaid } from './keep-unsaid.ts';
import { namesOf } from './names.ts';
import { shortestFloat } from './numbers.ts';
import { parseText } from './parser.ts';
import { printModel } from './printer.ts';

const everything = () =>
  readModel(readFileSync(new URL('../../../../test/fixtures/onnx/everything.onnx', import.meta.url)));

const header = '<ir_version: 10, opset_import: ["": 21]>\n';
const body = (nodes: string) => `${header}g (float[N] x) => (float[N] y) {\n${nodes}\n}\n`;

/** The model of a text without problems. */
function modelOf(text: string) {
  const { model, problems } = readText(text);
  expect(problems).toEqual([]);
  return model!;
}
const nodeOf = (text: string) => modelOf(body(text)).graph.nodes[0]!;

describe('round trips', () => {
  test('a model with something in every corner of onnx.proto comes back, with what text cannot say', () => {
    const original = everything();
    const model = keepUnsaid(modelOf(printModel(original)), everything());
    expect(modelBytes(model)).toEqual(modelBytes(original));
  });

  test('any names, strings and numbers come back', () => {
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.uniqueArray(names, { minLength: 3, maxLength: 3 }),
        fc.string({ unit: 'binary' }),
        fc.float(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.array(fc.float(), { maxLength: 5 }),
        ([a, b, label], text, real, whole, values) => {
          const graph = new Graph(label);
          graph.inputs.push({ name: a!, type: { kind: 'tensor', type: 'float', shape: ['?'] } });
          graph.outputs.push({ name: b! });
          graph.setInitializer(tensor(`${a}${b}`, 'float', [values.length], values));
          const attributes = {
            text: { kind: 'string', value: text },
            real: { kind: 'float', value: real },
            whole: { kind: 'int', value: whole },
            values: { kind: 'floats', value: values },
          } as const;
          graph.add([createNode('Op', [a!, '', `${a}${b}`], ['', b!], { name: label!, attributes })]);
          const model = { ...modelOf(`${header}g () => () {}`), graph };
          // NaNs are one value in text: compare what is printed of what was read.
          expect(printModel(modelOf(printModel(model)))).toBe(printModel(model));
          const node = modelOf(printModel(model)).graph.nodes[0]!;
          expect(node.inputs).toEqual([a, '', `${a}${b}`]);
          expect(node.attributes.get('text')).toEqual(attributes.text);
          expect(node.attributes.get('real')).toEqual(attributes.real);
          expect(BigInt((node.attributes.get('whole') as { value: bigint }).value)).toBe(whole);
        },
      ),
    );
  });

  test('floats are written as short as they can be and read back bit for bit', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(Object.is(Math.fround(Number(shortestFloat(value).replace('inf', 'Infinity'))), value)).toBe(
          true,
        );
      }),
      { numRuns: 5000 },
    );
    expect(
      [0.1, 1, 1e-7, 16777216, -0, 3.4028234663852886e38].map((x) => shortestFloat(Math.fround(x))),
    ).toEqual(['0.1', '1', '1e-7', '16777216', '-0', '3.4028235e+38']);
  });
});

test('names inside attributes, where onnx takes identifiers alone, are made such', () => {
  const body = new Graph('then/branch 1');
  const graph = new Graph('g');
  graph.add([
    createNode('If', ['c'], ['y'], { attributes: { then_branch: { kind: 'graph', value: body } } }),
    createNode('Constant', [], ['k'], {
      attributes: { value: { kind: 'tensor', value: tensor('1.weight', 'float', [], [2]) } },
    }),
  ]);
  const model = { ...modelOf(`${header}g () => () {}`), graph };
  const text = printModel(model);
  expect(text).toContain('graph = then_branch_1 ()');
  expect(text).toContain('tensor = float _1_weight {2}');
  expect(modelBytes(keepUnsaid(modelOf(text), model))).toEqual(modelBytes(model));
});

describe('what onnx.parser takes', () => {
  test('inputs that are left out, in each way to write them', () => {
    expect(nodeOf('y = Op (x,)').inputs).toEqual(['x']);
    expect(nodeOf('y = Op ("")').inputs).toEqual(['']);
    expect(nodeOf('y = Op (,x)').inputs).toEqual(['', 'x']);
    expect(nodeOf('y = Op (,)').inputs).toEqual(['']);
    expect(nodeOf('y = Op ()').inputs).toEqual([]);
    expect(nodeOf('= Op (x)').outputs).toEqual([]);
  });

  test('attributes of every kind, before or behind the inputs', () => {
    const attributes = (text: string) => nodeOf(`y = Op <a${text}> (x)`).attributes.get('a');
    expect(attributes('=1')).toEqual({ kind: 'int', value: 1 });
    expect(attributes('=1.')).toEqual({ kind: 'float', value: 1 });
    expect(attributes(':float=1')).toEqual({ kind: 'float', value: 1 });
    expect(attributes('=-inf')).toEqual({ kind: 'float', value: -Infinity });
    expect(attributes('=NaN')).toEqual({ kind: 'float', value: Number.NaN });
    expect(attributes(':floats=[1, 2.5]')).toEqual({ kind: 'floats', value: [1, 2.5] });
    expect(attributes(':ints=[]')).toEqual({ kind: 'ints', value: [] });
    expect(attributes('="a\\"\n\\n"')).toEqual({ kind: 'string', value: 'a"\nn' });
    expect(attributes(': int = @b')).toEqual({ kind: 'ref', of: 'int', value: 'b' });
    expect(attributes('=float[2]')).toMatchObject({ kind: 'type', value: { shape: [2] } });
    expect(attributes('=float[2]{1,2}')).toMatchObject({ kind: 'tensor', value: { name: '', dims: [2] } });
    expect(attributes('=float[2] t = {1,2}')).toMatchObject({ kind: 'tensor', value: { name: 't' } });
    expect(attributes('=b (float z) => (w) {w = Op (z)}')).toMatchObject({ kind: 'graph' });
    expect(nodeOf('y = Op (x) <a=1>').attributes.size).toBe(1);
  });

  test('types: a scalar, an unknown rank, symbols and nested ones', () => {
    const types = (text: string) => modelOf(`${header}g (${text} x) => () {}`).graph.inputs[0]!.type;
    expect(types('float')).toEqual({ kind: 'tensor', type: 'float', shape: [] });
    expect(types('float[]')).toEqual({ kind: 'tensor', type: 'float' });
    expect(types('float[N,?,3]')).toEqual({ kind: 'tensor', type: 'float', shape: ['N', '?', 3] });
    expect(types('seq(map(int64, optional(float[])))')).toMatchObject({
      kind: 'sequence',
      element: { kind: 'map', key: 'int64', value: { kind: 'optional' } },
    });
    expect(types('sparse_tensor(float[3])')).toEqual({ kind: 'sparse', type: 'float', shape: [3] });
  });

  test('comments, domains, overloads and functions', () => {
    const model = modelOf(
      `# about\n${body('[n] y = com.x.F:v2 (x) # call')}<domain: "com.x", opset_import: ["": 21]>\nF <a, b: int = 1> (p) => (q) { q = Relu (p) }`,
    );
    expect(model.graph.nodes[0]).toMatchObject({ name: 'n', domain: 'com.x', opType: 'F', overload: 'v2' });
    expect(model.functions[0]).toMatchObject({ name: 'F', domain: 'com.x', attributes: ['a'] });
  });

  test('half floats are written as bits, sub-byte integers as bytes', () => {
    const model = modelOf(`${header}g () => () <float16[2] h = {15360, 49408}, int4[3] q = {120, 1}> {}`);
    expect([...floats(model.graph.initializers.get('h')!)]).toEqual([1, -2.5]);
    expect([...floats(model.graph.initializers.get('q')!)]).toEqual([-8, 7, 1]);
  });
});

describe('errors', () => {
  test.each([
    ['a node without an end', 'a = Relu (x\nb = Relu (a)\ny = Relu (b)', 1, ['a', 'b', 'y'], 'b = Relu'],
    ['a node without an equals sign', 'a = Relu (x)\nb Relu (a)\ny = Relu (a)', 1, ['a', 'y'], 'Relu (a)'],
    ['a string without an end', 'a = Op <s = "x> (x)\ny = Relu (a)', 1, ['a', 'y'], '"x> (x)'],
    ['a word where a value should be', 'a = Op <n = ,> (x)\ny = Relu (a)', 1, ['a', 'y'], ','],
    ['a stray character', 'a = Relu (x)\n;\ny = Relu (a)', 1, ['a', 'y'], ';'],
  ])('%s spoils one node, and is reported where it is', (_, nodes, count, outputs, at) => {
    const text = body(nodes);
    const { model, problems } = readText(text);
    expect(problems).toHaveLength(count);
    expect(problems[0]!.range.start).toBe(text.indexOf(at, text.indexOf('{')));
    expect(model!.graph.nodes.flatMap((node) => node.outputs)).toEqual(outputs);
  });

  test.each([
    ['a number of elements that does not fit', '<float[3] w = {1, 2}>', '{1, 2}'],
    ['an unknown type', '<floaty[3] w>', 'floaty'],
    ['data of unknown size', '<float[N] w = {1}>', 'float[N]'],
    ['a fraction among integers', '<int64[1] w = {1.5}>', '{1.5}'],
    ['a number that does not fit its type', '<int8[1] w = {300}>', '{300}'],
    ['external data without a folder', '<float[1] w = ["location": "w.bin"]>', '["location": "w.bin"]'],
    [
      'a size beyond all memory',
      '<float[99999999999, 99999999999] w = {1}>',
      'float[99999999999, 99999999999]',
    ],
  ])('%s is reported where it is', (_, values, at) => {
    const text = `${header}g () => () ${values} {}`;
    const { problems } = readText(text);
    const found = problems.map(({ range }) => text.slice(range.start, range.end));
    expect(found).toContain(at);
  });

  test('a broken signature leaves the nodes', () => {
    const { model, problems } = readText(
      `${header}g (float[N x) => float[N] y)\n<float[1] w = {1}> { y = Relu (x) }`,
    );
    expect(problems).toHaveLength(2);
    expect(model!.graph.initializers.has('w')).toBe(true);
    expect(model!.graph.nodes).toHaveLength(1);
  });

  test('nesting without end is refused', () => {
    const deep = 'seq('.repeat(100_000);
    expect(readText(`${header}g (${deep} x) => () {}`).problems[0]!.message).toMatch(/nested/);
    const graphs = 'y = If <a = g () => () {'.repeat(50_000);
    expect(readText(body(graphs)).problems.some(({ message }) => /nested/.test(message))).toBe(true);
  });

  test('any text gives a tree and problems within it', () => {
    const text = printModel(everything());
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          '<',
          '>',
          '(',
          ')',
          '{',
          '}',
          '[',
          ']',
          '=',
          '=>',
          ',',
          ':',
          '"',
          '\n',
          ' ',
          'float',
          'x',
          '1',
          '-',
          '@',
          '\\',
          '#',
        ),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), pieces, (a, b, inserted) => {
        const broken = text.slice(0, Math.min(a, b)) + inserted.join('') + text.slice(Math.max(a, b));
        const { problems, model } = readText(broken);
        for (const { range } of problems) {
          expect(range.start).toBeLessThanOrEqual(range.end);
          expect(range.end).toBeLessThanOrEqual(broken.length);
        }
        if (problems.length === 0) expect(model).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('names', () => {
  test('definitions and uses are found through bodies; a body may hide a name', () => {
    const text = body(
      'a = Relu (x)\ny = If (a) <then_branch = t () => (r) { r = Add (a, x) }, else_branch = e () => (r) { a = Relu (x) r = Relu (a) }>',
    );
    const { values, unresolved } = namesOf(parseText(text).tree);
    expect(unresolved).toEqual([]);
    const outer = values.find(({ name }) => name === 'a')!;
    expect(outer.uses.map(({ start }) => text.slice(start - 6, start))).toEqual(
      [' If (', ' Add ('].map((s) => expect.stringContaining(s.trim())),
    );
    for (const { name, definitions, uses } of values)
      for (const { start, end } of [...definitions, ...uses]) expect(text.slice(start, end)).toBe(name);
    expect(values.filter(({ name }) => name === 'a')).toHaveLength(2);
  });

  test('what nothing defines is unresolved; calls of functions are found', () => {
    const text = `${body('y = com.x.F (nowhere)')}<domain: "com.x", opset_import: ["": 21]>\nF (p) => (q) { q = Relu (x) }`;
    const { unresolved, functions } = namesOf(parseText(text).tree);
    expect(unresolved.map((name) => name.text)).toEqual(['nowhere', 'x']);
    expect([...functions.values()].flat().map(({ start, end }) => text.slice(start, end))).toEqual(['F']);
  });
});
