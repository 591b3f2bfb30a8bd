import { storageBytes } from '../../ir/data-type.ts';
import type { Dim } from '../../ir/dim.ts';
import { Graph } from '../../ir/graph.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { bodiesOf, createNode, labelOf, type Node } from '../../ir/node.ts';
import { bytesOf, type NumericArray, stringTensor, type Tensor, tensor } from '../../ir/tensor.ts';
import type { TensorType } from '../../ir/value-type.ts';
import { operatorOf } from '../../ops/registry.ts';
import { graphRule, type RewriteContext } from '../rule.ts';

/** A result may be this large whatever it was made from: about as much as the node itself takes in a file. */
const harmlessBytes = 1024;
/** Growth is judged so often before whole groups are refused. */
const largestAttempts = 16;
/** Quantized weights would be unfolded to four times their size. */
const neverFolded: ReadonlySet<string> = new Set(['Constant', 'DequantizeLinear', 'QuantizeLinear']);
/** Element types that the runtime hands over. */
const readable: ReadonlySet<string> = new Set([
  ...['float', 'double', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'],
  ...['bool', 'string', 'float16'],
]);

/**
 * Nodes whose inputs are all constant are run once, all in one session, and replaced by their results. A result that would
 * make the file larger is left to be computed (Tile, Expand and ConstantOfShape can turn a few bytes into gigabytes).
 */
export const constantFolding = graphRule({
  name: 'constant-folding',
  summary: 'What depends on constants alone is computed once and stored.',
  run: async (graph, context) => {
    const known = foldKnownIntegers(graph, context);
    const nodes = withoutGrowth(graph, foldable(graph, context), context);
    if (nodes.length === 0 || !context.evaluate) return known;
    return known + (await foldAll(graph, nodes, context));
  },
});

/** Integers that shape inference knows, such as a Shape of a static shape, need no run. */
function foldKnownIntegers(graph: Graph, context: RewriteContext): number {
  let folded = 0;
  for (const node of [...graph.nodes]) {
    if (node.outputs.length !== 1 || node.opType === 'Constant') continue;
    const [output] = node.outputs as [string];
    const type = context.type(output);
    const ints = context.ints(output);
    if (!ints || !isStatic(type?.shape) || (type.type !== 'int64' && type.type !== 'int32')) continue;
    const count = type.shape.reduce((a, b) => a * b, 1);
    if (!ints.every((value) => typeof value === 'number') || ints.length !== count) continue;
    store(graph, node, new Map([[output, tensor(output, type.type, type.shape, ints as number[])]]));
    folded++;
  }
  return folded;
}

const isStatic = (shape: readonly Dim[] | undefined): shape is readonly number[] =>
  shape?.every((dim) => typeof dim === 'number') ?? false;

/** Nodes that can be folded, in graph order; each depends on constants and on nodes before it in the list. */
function foldable(graph: Graph, context: RewriteContext): Node[] {
  const computed = new Map<string, number>();
  const nodes: Node[] = [];
  const sizeOfValue = (value: string): number | undefined => {
    if (value === '') return 0;
    const constant = graph.constant(value);
    return constant ? (readable.has(constant.type) ? bytesOf(constant) : undefined) : computed.get(value);
  };
  for (const node of graph.nodes) {
    if (neverFolded.has(node.opType) || !operatorOf(node)?.deterministic || bodiesOf(node).length > 0)
      continue;
    const inputs = node.inputs.map(sizeOfValue);
    if (inputs.some((size) => size === undefined)) continue;
    const outputs = node.outputs.map((output) => resultBytes(output, context.type(output)));
    const total = outputs.reduce((sum, size) => sum + size, 0);
    const given = (inputs as number[]).reduce((sum, size) => sum + size, 0);
    if (Number.isNaN(total)) continue;
    if (total > Math.max(harmlessBytes, given)) {
      context.refuse('constant-folding', node, `its result of ${total} bytes would make the file larger`);
      continue;
    }
    nodes.push(node);
    for (const [index, output] of node.outputs.entries()) computed.set(output, outputs[index]!);
  }
  return nodes;
}

/** Bytes of a result; NaN where they are not known beforehand, so that nothing unbounded is ever run. */
function resultBytes(output: string, type: TensorType | undefined): number {
  if (output === '') return 0;
  if (!type || !readable.has(type.type) || !isStatic(type.shape)) return Number.NaN;
  const count = type.shape.reduce((a, b) => a * b, 1);
  return type.type === 'string' ? count : storageBytes(type.type, count);
}

/**
 * The nodes without those whose results would take more bytes together than the constants that go with them. Nodes are judged
 * in groups that hang together by values and by large constants: weights that are cut in two gain nothing and lose nothing.
 */
function withoutGrowth(graph: Graph, nodes: readonly Node[], context: RewriteContext): readonly Node[] {
  let left = nodes;
  // What a refused node reads would have to be stored then, so the rest is judged again; at last whole groups go.
  for (let attempt = 1; ; attempt++) {
    const refused = growing(graph, left, context, attempt > largestAttempts);
    if (refused.size === 0) return left;
    left = left.filter((node) => {
      const isLost = [...node.outputs, ...node.inputs].some((value) => refused.has(value));
      if (isLost) for (const output of node.outputs) refused.add(output);
      return !isLost;
    });
  }
}

/** Results of nodes in groups that would grow the file: the large ones, or all of them. */
function growing(
  graph: Graph,
  nodes: readonly Node[],
  context: RewriteContext,
  isWhole: boolean,
): Set<string> {
  const inside = new Set(nodes);
  const staysRead = (name: string) =>
    name !== '' && (graph.isOutput(name) || graph.consumers(name).some((reader) => !inside.has(reader)));
  const isFreed = (name: string) =>
    graph.defines(name) && graph.constant(name) !== undefined && !staysRead(name);
  const stored = ({ outputs }: Node) =>
    outputs.filter(staysRead).reduce((sum, name) => sum + resultBytes(name, context.type(name)), 0);
  const refused = new Set<string>();
  for (const group of groupsOf(graph, nodes)) {
    const constants = [...new Set(group.flatMap(({ inputs }) => inputs))].filter(isFreed);
    const freed = constants.reduce((sum, name) => sum + bytesOf(graph.constant(name)!), 0);
    const grown = group.reduce((sum, node) => sum + stored(node), 0);
    if (grown <= freed + harmlessBytes * group.length) continue;
    for (const node of group) {
      if (!isWhole && stored(node) <= harmlessBytes) continue;
      context.refuse('constant-folding', node, 'its result would make the file larger');
      for (const output of node.outputs) if (output !== '') refused.add(output);
    }
  }
  return refused;
}

/** Nodes that hang together: one reads what another gives, or both read the same large constant. */
function groupsOf(graph: Graph, nodes: readonly Node[]): Node[][] {
  const leader = new Map<Node, Node>(nodes.map((node) => [node, node]));
  const find = (node: Node): Node => {
    let top = node;
    while (leader.get(top) !== top) top = leader.get(top)!;
    leader.set(node, top);
    return top;
  };
  const firstOf = new Map<string, Node>();
  for (const node of nodes) {
    for (const value of [...node.inputs, ...node.outputs]) {
      const constant = graph.constant(value);
      if (value === '' || (constant && bytesOf(constant) <= harmlessBytes)) continue;
      const first = firstOf.get(value);
      if (first) leader.set(find(node), find(first));
      else firstOf.set(value, node);
    }
  }
  const groups = new Map<Node, Node[]>();
  for (const node of nodes) {
    const group = groups.get(find(node));
    if (group) group.push(node);
    else groups.set(find(node), [node]);
  }
  return [...groups.values()];
}

/** Runs the nodes in one session. Should that fail, it runs them in halves, so that one bad node does not keep the others. */
async function foldAll(graph: Graph, nodes: readonly Node[], context: RewriteContext): Promise<number> {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const isReady = (value: string) => value === '' || made.has(value) || graph.constant(value) !== undefined;
  const runnable = nodes.filter((node) => node.inputs.every(isReady));
  if (runnable.length === 0) return 0;
  const results = await run(graph, runnable, context);
  if (results) {
    for (const node of runnable) store(graph, node, results);
    return runnable.length;
  }
  if (runnable.length === 1) {
    context.refuse('constant-folding', runnable[0]!, 'onnxruntime cannot run it alone');
    return 0;
  }
  const half = Math.ceil(runnable.length / 2);
  const first = await foldAll(graph, runnable.slice(0, half), context);
  return first + (await foldAll(graph, runnable.slice(half), context));
}

async function run(
  graph: Graph,
  nodes: readonly Node[],
  context: RewriteContext,
): Promise<ReadonlyMap<string, Tensor> | undefined> {
  const inside = new Set(nodes);
  const part = new Graph('constants');
  for (const node of nodes) {
    for (const value of node.inputs) {
      const constant = graph.constant(value);
      if (constant && !part.initializers.has(value)) part.setInitializer({ ...constant, name: value });
    }
  }
  part.add(nodes.map((node) => ({ ...node, attributes: new Map(node.attributes) })));
  const isWanted = (output: string) =>
    output !== '' &&
    (graph.isOutput(output) || graph.consumers(output).some((consumer) => !inside.has(consumer)));
  for (const node of nodes) {
    for (const output of node.outputs.filter(isWanted)) {
      const type = context.type(output);
      part.outputs.push(type ? { name: output, type } : { name: output });
    }
  }
  if (part.outputs.length === 0) return new Map();
  try {
    const arrays = await context.evaluate!({ ...context.model, graph: part, functions: [], unknown: [] });
    return new Map(Object.entries(arrays).map(([name, array]) => [name, toTensor(name, array)]));
  } catch {
    return undefined;
  }
}

const toTensor = (name: string, { type, dims, data }: NdArray): Tensor =>
  type === 'string'
    ? stringTensor(name, dims, data as readonly string[])
    : tensor(name, type, dims, (data as NumericArray).slice());

/** Puts constants in the place of a node. A graph output stays computed by a node, since ONNX Runtime wants one. */
function store(graph: Graph, node: Node, results: ReadonlyMap<string, Tensor>): void {
  graph.remove([node]);
  for (const output of node.outputs) {
    const value = results.get(output);
    if (!value) continue;
    if (graph.isOutput(output)) {
      graph.add([
        createNode('Constant', [], [output], {
          name: labelOf(node),
          attributes: { value: { kind: 'tensor', value } },
        }),
      ]);
    } else graph.setInitializer(value);
    graph.valueInfo.delete(output);
  }
}
