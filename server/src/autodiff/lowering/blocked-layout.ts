import { blockedDomain } from '../../ir/blocked-domain.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { shapeOf, type ValueType } from '../../ir/value-type.ts';
import { blockConvolutions } from './blocked-conv.ts';
import { blockNormalizations, fitsBlocks } from './blocked-normalization.ts';
import { fromBlocks, isBlocked, joinBlocks, named, toBlocks } from './blocks.ts';

/** Operators that treat every element alike, so that the order of elements does not matter. */
const elementwise: ReadonlySet<string> = new Set([
  'Add',
  'Clip',
  'HardSigmoid',
  'LeakyRelu',
  'Mul',
  'Neg',
  'Relu',
  'Sigmoid',
  'Sub',
  'Sum',
  'Tanh',
]);

export interface BlockLayoutOptions {
  readonly types: ReadonlyMap<string, ValueType>;
  /** Channels in a block. */
  readonly block: number;
  /** Values that are wanted beside the graph's outputs. */
  readonly keep: Iterable<string>;
}

/**
 * Puts a training graph on images in blocks of channels: convolutions, batch normalization, and what lies between them
 * element by element, so that images are brought to blocks and back only where the graph enters and leaves them. Gives for
 * every value that it adds the one that it stands for.
 */
export function blockLayout(
  graph: Graph,
  { types, block, keep }: BlockLayoutOptions,
): ReadonlyMap<string, string> {
  const before = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  blockConvolutions(graph, types, block);
  joinBlocks(graph);
  blockNormalizations(graph, types, block);
  // What brings an image to blocks may stand behind its first reader now.
  graph.sort();
  for (const node of [...graph.nodes]) blockElementwise(graph, node, types, block);
  joinBlocks(graph);
  graph.sort();
  removeUnused(graph, keep);
  return standIns(graph, before);
}

/** What is added for a value has that value's name, a dot and more. */
function standIns(graph: Graph, before: ReadonlySet<string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const output of graph.nodes.flatMap(({ outputs }) => outputs)) {
    let name = output;
    while (name !== '' && !before.has(name)) name = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    if (name !== '' && name !== output) found.set(output, name);
  }
  return found;
}

function blockElementwise(
  graph: Graph,
  node: Node,
  types: ReadonlyMap<string, ValueType>,
  block: number,
): void {
  if (node.domain !== '' || !elementwise.has(node.opType)) return;
  const [output] = node.outputs as readonly [string];
  const shape = shapeOf(types.get(output));
  if (!fitsBlocks(shape, block) || !node.inputs.some((input) => isBlocked(graph, input))) return;
  const isImage = (input: string) => `${shapeOf(types.get(input))}` === `${shape}`;
  const isScalar = (input: string) => input === '' || shapeOf(types.get(input))?.length === 0;
  if (!node.inputs.every((input) => isImage(input) || isScalar(input))) return;
  if (addToConvolution(graph, node)) return;
  const build = createBuilder(graph, node, `${output}.`);
  const inputs = node.inputs.map((input) => (isImage(input) ? toBlocks(build, input) : input));
  const result = build.op(node.opType, inputs, Object.fromEntries(node.attributes));
  const whole = fromBlocks(build, result, shape![1] as number);
  graph.remove([node]);
  named(graph, whole, output);
}

/**
 * Adds to the result of a convolution within the convolution: images in blocks, or what comes out of another convolution that
 * goes the same way, as the sub-pixels of two gradients do.
 */
function addToConvolution(graph: Graph, node: Node): boolean {
  if (!['Add', 'Sum'].includes(node.opType) || node.inputs.length !== 2) return false;
  const [first, second] = node.inputs.map((input) => wayOf(graph, input, node));
  const pairs = [
    [first, second, 0],
    [second, first, 1],
  ] as const;
  for (const [way, other, index] of pairs) {
    if (!way) continue;
    const added =
      way.steps.length === 1
        ? toBlocks(createBuilder(graph, node, `${node.outputs[0]}.`), node.inputs[1 - index]!)
        : `${other?.steps}` === `${way.steps}`
          ? other!.convolution.outputs[0]!
          : undefined;
    if (added === undefined) continue;
    const [x, w, bias = ''] = way.convolution.inputs as readonly [string, string, string?];
    graph.update(way.convolution, { inputs: [x, w, bias, added] });
    graph.remove([node]);
    named(graph, node.inputs[index]!, node.outputs[0]!);
    return true;
  }
  return false;
}

interface Way {
  readonly convolution: Node;
  /** What moves its result, last to first. */
  readonly steps: readonly string[];
}

/** How a value comes from a blocked convolution by moves that nothing else reads. */
function wayOf(graph: Graph, value: string, reader: Node): Way | undefined {
  const steps: string[] = [];
  for (let [at, by] = [value, reader]; graph.soleConsumer(at) === by; ) {
    const node = graph.producer(at);
    if (!node) return undefined;
    if (steps.length > 0 && isPlainConvolution(node)) return { convolution: node, steps };
    if (!['ReorderOutput', 'Reshape', 'Transpose'].includes(node.opType)) return undefined;
    const attributes = [...node.attributes].map(([name, attribute]) => `${name}=${attribute.value}`);
    steps.push([node.opType, ...node.inputs.slice(1), ...attributes].join(' '));
    [at, by] = [node.inputs[0]!, node];
  }
  return undefined;
}

const isPlainConvolution = (node: Node): boolean =>
  node.domain === blockedDomain &&
  node.opType === 'Conv' &&
  node.inputs.length < 4 &&
  !node.attributes.has('activation');

/** Removes nodes whose results nothing reads. */
function removeUnused(graph: Graph, keep: Iterable<string>): void {
  const read = new Set([...graph.outputs.map(({ name }) => name), ...keep]);
  const unused: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((output) => read.has(output))) for (const input of node.inputs) read.add(input);
    else unused.push(node);
  }
  graph.remove(unused);
}
