import { storageBytes } from '../../ir/data-type.ts';
import type { Dim } from '../../ir/dim.ts';
import { Graph } from '../../ir/graph.ts';
import type { NdArray } from '../../ir/nd-array.ts';
import { bodiesOf, createNode, labelOf, type Node } from '../../ir/node.ts';
import { bytesOf, type NumericArray, stringTensor, type Tensor, tensor } from '../../ir/tensor.ts';
import type { TensorType } from '../../ir/value-type.ts';
import { operatorOf } from '../../ops/registry.ts';
import { graphRule, type RewriteContext } from '../rule.ts';

/** A result may be this large whatever it was made from; a larger one only when its inputs are larger still. */
const harmlessBytes = 16 * 1024;
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
    const nodes = foldable(graph, context);
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
