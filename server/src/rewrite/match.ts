import type { Graph } from '../ir/graph.ts';
import { type Node, qualifiedOp } from '../ir/node.ts';
import { floats, sizeOf } from '../ir/tensor.ts';
import type { NodePattern, Pattern } from './pattern.ts';

/** What the names of a pattern stand for in one place of a graph. */
export interface Bindings {
  readonly values: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Every node of the match, the root first. */
  readonly matched: readonly Node[];
}

const commutative: ReadonlySet<string> = new Set(['Add', 'Mul', 'And', 'Or', 'Xor', 'Equal', 'Max', 'Min']);
/** Literals are compared as an exporter may have rounded them: to float32, float16 constants to about three digits. */
const tolerance = { float: 1e-5, float16: 2e-3, bfloat16: 1e-2 } as const;
/** A literal may be broadcast, but nobody spells out more elements than this to say one number. */
const largestLiteral = 4096;

/** All ways in which the pattern matches with `root` as its outermost node. */
export function* matchesAt(graph: Graph, pattern: NodePattern, root: Node): Generator<Bindings> {
  yield* matchNode(graph, pattern, root, { values: new Map(), nodes: new Map(), matched: [] });
}

function* matchNode(graph: Graph, pattern: NodePattern, node: Node, bindings: Bindings): Generator<Bindings> {
  if (!pattern.ops.includes(qualifiedOp(node))) return;
  const { name } = pattern;
  const result = node.outputs[0] ?? '';
  if (name && (bindings.values.get(name) ?? result) !== result) return;
  const start: Bindings = {
    values: name ? new Map([...bindings.values, [name, result]]) : bindings.values,
    nodes: name ? new Map([...bindings.nodes, [name, node]]) : bindings.nodes,
    matched: bindings.matched.includes(node) ? bindings.matched : [...bindings.matched, node],
  };
  yield* matchInputs(graph, pattern, node.inputs, 0, start);
  const [first, second] = node.inputs;
  if (node.inputs.length === 2 && first !== second && node.domain === '' && commutative.has(node.opType))
    yield* matchInputs(graph, pattern, [second!, first!], 0, start);
}

function* matchInputs(
  graph: Graph,
  pattern: NodePattern,
  inputs: readonly string[],
  index: number,
  bindings: Bindings,
): Generator<Bindings> {
  const part = pattern.inputs[index];
  if (!part) {
    if (pattern.open || inputs.slice(index).every((input) => input === '')) yield bindings;
    return;
  }
  for (const found of matchValue(graph, part, inputs[index] ?? '', bindings))
    yield* matchInputs(graph, pattern, inputs, index + 1, found);
}

function* matchValue(graph: Graph, pattern: Pattern, value: string, bindings: Bindings): Generator<Bindings> {
  switch (pattern.kind) {
    case 'node': {
      const producer = value === '' ? undefined : graph.producer(value);
      if (producer && producer.outputs[0] === value) yield* matchNode(graph, pattern, producer, bindings);
      return;
    }
    case 'number':
      if (isNumber(graph, value, pattern.value)) yield bindings;
      return;
    case 'constant':
    case 'value': {
      if (value === '') {
        if (pattern.optional) yield bindings;
        return;
      }
      if (pattern.kind === 'constant' && !graph.constant(value)) return;
      const known = bindings.values.get(pattern.name);
      if (known === value) yield bindings;
      else if (known === undefined)
        yield { ...bindings, values: new Map([...bindings.values, [pattern.name, value]]) };
      return;
    }
  }
}

function isNumber(graph: Graph, value: string, expected: number): boolean {
  const constant = graph.constant(value);
  if (!constant || constant.type === 'string' || constant.type === 'bool' || sizeOf(constant) === 0)
    return false;
  if (sizeOf(constant) > largestLiteral) return false;
  const close = tolerance[constant.type as keyof typeof tolerance] ?? 1e-6;
  return floats(constant).every((element) => Math.abs(element - expected) <= close * Math.abs(expected));
}
