import type { Rng } from '../../../server/src/base/rng.ts';
import type { Attribute, Int } from '../../../server/src/ir/attribute.ts';
import type { Dim } from '../../../server/src/ir/dim.ts';
import type { Graph } from '../../../server/src/ir/graph.ts';
import { createNode, type Node } from '../../../server/src/ir/node.ts';
import { sizeOf, tensor } from '../../../server/src/ir/tensor.ts';
import { readModel } from '../../../server/src/onnx/read.ts';
import { modelBytes } from '../../../server/src/onnx/write.ts';

/** What was made of a seed, and how. */
export type Mutant =
  | { readonly kind: string; readonly model: Uint8Array }
  | { readonly kind: string; readonly text: string };

const pick = <T>(rng: Rng, items: readonly T[]): T => items[rng.integer(items.length)]!;

/** One mutant; the stream alone decides which. */
export function mutant(rng: Rng, models: readonly Uint8Array[], texts: readonly string[]): Mutant {
  const which = rng.integer(10);
  // Half of the byte mutants come of the one model that has everything; the rest of any.
  const bytes = rng.next() < 0.5 ? models[rng.integer(2)]! : pick(rng, models);
  if (which < 2) return { kind: 'bits flipped', model: flipped(rng, bytes) };
  if (which === 2) return { kind: 'cut', model: bytes.subarray(0, rng.integer(bytes.byteLength)) };
  if (which === 3) return { kind: 'huge length', model: hugeLength(rng, bytes) };
  if (which === 4) return { kind: 'spliced', model: spliced(rng, bytes, pick(rng, models)) };
  if (which === 5) return { kind: 'nested', model: nested(rng, bytes) };
  if (which < 8) return { kind: 'rewired', model: rewired(rng, pick(rng, models)) };
  if (which === 8) return { kind: 'text changed', text: changedText(rng, pick(rng, texts)) };
  return { kind: 'text nested', text: nestedText(rng, pick(rng, texts)) };
}

function flipped(rng: Rng, seed: Uint8Array): Uint8Array {
  const bytes = seed.slice();
  for (let i = rng.integer(8); i >= 0; i--) bytes[rng.integer(bytes.byteLength)]! ^= 1 << rng.integer(8);
  return bytes;
}

/** Varints of lengths, counts and dims that no memory holds. */
const huge: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
];

function hugeLength(rng: Rng, seed: Uint8Array): Uint8Array {
  const at = rng.integer(seed.byteLength);
  const replaced = rng.integer(2);
  return Uint8Array.from([...seed.subarray(0, at), ...pick(rng, huge), ...seed.subarray(at + replaced)]);
}

function spliced(rng: Rng, seed: Uint8Array, other: Uint8Array): Uint8Array {
  const from = rng.integer(other.byteLength);
  const part = other.subarray(from, from + rng.integer(200));
  const at = rng.integer(seed.byteLength);
  return Uint8Array.from([...seed.subarray(0, at), ...part, ...seed.subarray(at + rng.integer(100))]);
}

/** The graph of the seed inside bodies inside bodies, up to more than the reader follows. */
function nested(rng: Rng, seed: Uint8Array): Uint8Array {
  const model = readModel(seed);
  let body = model.graph;
  for (let depth = rng.integer(120); depth > 0; depth--) {
    const outer = model.graph.clone();
    for (const node of [...outer.nodes]) outer.remove([node]);
    const attributes: Record<string, Attribute> = { body: { kind: 'graph', value: body } };
    if (rng.next() < 0.2) attributes.else_branch = { kind: 'graph', value: outer.clone() };
    outer.add([
      createNode(
        pick(rng, ['If', 'Loop', 'Scan', 'Odd']),
        ['x', 'c'],
        outer.outputs.map(({ name }) => name),
        { attributes },
      ),
    ]);
    body = outer;
  }
  return modelBytes({ ...model, graph: body });
}

const extremes: readonly number[] = [
  0,
  1,
  -1,
  2,
  7,
  -8,
  255,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 40,
  2 ** 53 - 1,
  -(2 ** 53),
];
const extremeInts: readonly Int[] = [...extremes, 2n ** 63n - 1n, -(2n ** 63n)];

/** A well-formed file that says something odd: cycles, two producers, wrong operators, sizes and attributes. */
function rewired(rng: Rng, seed: Uint8Array): Uint8Array {
  const model = readModel(seed);
  const { graph } = model;
  for (let i = rng.integer(4); i >= 0; i--) rewire(rng, graph);
  const opsets = new Map(model.opsets);
  if (rng.next() < 0.3) opsets.set('', pick(rng, [1, 5, 6, 7, 9, 11, 13, 18, 21, 99, -1]));
  return modelBytes({ ...model, opsets });
}

function rewire(rng: Rng, graph: Graph): void {
  if (graph.nodes.length === 0) return;
  const node = pick(rng, graph.nodes);
  const names = [
    ...graph.nodes.flatMap((each) => [...each.inputs, ...each.outputs]),
    ...graph.inputs.map(({ name }) => name),
    '',
  ];
  const swapped = (list: readonly string[]) =>
    list.map((name) => (rng.next() < 0.5 ? pick(rng, names) : name));
  switch (rng.integer(9)) {
    case 0:
      graph.update(node, { inputs: swapped(node.inputs) });
      break;
    case 1:
      graph.update(node, { outputs: swapped(node.outputs) });
      break;
    case 2:
      graph.update(node, { inputs: node.inputs.slice(0, rng.integer(node.inputs.length + 1)) });
      break;
    case 3:
      graph.update(node, { inputs: [...node.inputs, ...node.inputs, pick(rng, names)] });
      break;
    case 4:
      graph.update(node, {
        opType: pick(rng, graph.nodes).opType,
        attributes: pick(rng, graph.nodes).attributes,
      });
      break;
    case 5:
    case 6:
      graph.update(node, { attributes: oddAttributes(rng, node) });
      break;
    case 7:
      oddInput(rng, graph);
      break;
    case 8:
      oddConstant(rng, graph);
      break;
  }
}

function oddAttributes(rng: Rng, node: Node): Map<string, Attribute> {
  const attributes = new Map(node.attributes);
  const name =
    attributes.size > 0 && rng.next() < 0.8
      ? pick(rng, [...attributes.keys()])
      : pick(rng, ['axis', 'axes', 'perm', 'to', 'k', 'pads', 'strides', 'kernel_shape', 'keepdims']);
  const ints = Array.from({ length: rng.integer(6) }, () => pick(rng, extremeInts));
  attributes.set(
    name,
    pick<Attribute>(rng, [
      { kind: 'int', value: pick(rng, extremeInts) },
      { kind: 'ints', value: ints },
      { kind: 'float', value: pick(rng, [Number.NaN, Infinity, -1, 0, 3e38]) },
      { kind: 'floats', value: [Number.NaN, 1e-30, 3e38, -2] },
      {
        kind: 'string',
        value: pick(rng, ['', 'NOTSET', 'SAME_UPPER', 'x'.repeat(1000), 'bij,bjk->bik', '...ii->i...']),
      },
      { kind: 'tensor', value: tensor('', 'int64', [ints.length], ints) },
    ]),
  );
  return attributes;
}

const oddDims: readonly Dim[] = [0, 1, 3, 2 ** 31, 2 ** 53 - 1, 'N', 'N*N + floor(M/0)', '(((((', '?'];

function oddInput(rng: Rng, graph: Graph): void {
  if (graph.inputs.length === 0) return;
  const index = rng.integer(graph.inputs.length);
  const shape = Array.from({ length: rng.integer(7) }, () => pick(rng, oddDims));
  const type = pick(rng, ['float', 'int64', 'string', 'bool', 'undefined', 'int4'] as const);
  graph.inputs[index] = { ...graph.inputs[index]!, type: { kind: 'tensor', type, shape } };
}

/** Small integers that shape inference reads: sizes, axes and counts out of all reason. */
function oddConstant(rng: Rng, graph: Graph): void {
  const constants = [...graph.initializers.values()];
  if (constants.length === 0) return;
  const value = pick(rng, constants);
  const count = rng.next() < 0.7 ? sizeOf(value) : rng.integer(8);
  if (count > 64) return;
  const ints = Array.from({ length: count }, () => pick(rng, extremeInts));
  const dims = count === sizeOf(value) ? value.dims : [count];
  graph.setInitializer(tensor(value.name, 'int64', dims, ints));
}

const fragments: readonly string[] = [
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
  '#',
  '@',
  '\\',
  '-',
  '1e999',
  'float',
  'seq(',
  '\u0000',
  '\ud800',
];

function changedText(rng: Rng, seed: string): string {
  let text = seed;
  for (let i = rng.integer(6); i >= 0; i--) {
    const at = rng.integer(text.length + 1);
    const inserted =
      rng.next() < 0.7 ? pick(rng, fragments) : text.slice(rng.integer(text.length + 1)).slice(0, 30);
    text = text.slice(0, at) + inserted + text.slice(at + rng.integer(20));
  }
  return text;
}

function nestedText(rng: Rng, seed: string): string {
  const at = rng.integer(seed.length + 1);
  const unit = pick(rng, [
    '(',
    '[',
    '{',
    '<',
    'seq(',
    'y = If <a = g () => () {',
    '"\\',
    '\n',
    '= a.',
    '[[[',
    '@',
    '-',
    '1,',
    ' x',
  ]);
  return seed.slice(0, at) + unit.repeat(1 + rng.integer(3000)) + seed.slice(at);
}
