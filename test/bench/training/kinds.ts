import type { TrainStep } from '../../../server/src/autodiff/train-step.ts';
import { blockedDomain } from '../../../server/src/ir/blocked-domain.ts';
import type { Graph } from '../../../server/src/ir/graph.ts';
import { labelOf, type Node } from '../../../server/src/ir/node.ts';

/** What kind of layer a time of the profile belongs to. Layout: values brought into another order, shape or size. */
export type Kind =
  | 'convolution'
  | 'products'
  | 'attention'
  | 'normalization'
  | 'elementwise'
  | 'pooling'
  | 'embedding'
  | 'layout'
  | 'loss'
  | 'update'
  | 'between operators'
  | 'renamed by the runtime';
export type Phase = 'forward' | 'gradients' | 'update' | 'between';

export interface Place {
  readonly kind: Kind;
  readonly phase: Phase;
  /** Of a gradient: whether it is needed for the gradients of layers before, or for weights alone; PyTorch does not tell. */
  readonly of?: 'inputs' | 'weights';
}

const byOperator: readonly (readonly [Kind, readonly string[]])[] = [
  ['convolution', ['Conv']],
  ['products', ['Gemm', 'MatMul', 'FusedMatMul']],
  ['attention', ['Softmax']],
  ['normalization', ['BatchNormalization', 'LayerNormalization']],
  ['pooling', ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'ReduceMean']],
  ['embedding', ['Gather']],
  [
    'layout',
    [
      ...[
        'Transpose',
        'ReorderInput',
        'ReorderOutput',
        'Pad',
        'Reshape',
        'Flatten',
        'Slice',
        'Split',
        'Concat',
      ],
      ...['Expand', 'Squeeze', 'Unsqueeze', 'Identity', 'Shape', 'Cast', 'Size'],
    ],
  ],
];
const kindOfOperator = (operator: string): Kind =>
  byOperator.find(([, operators]) => operators.includes(operator))?.[0] ?? 'elementwise';

export const isLayout = (operator: string): boolean => kindOfOperator(operator) === 'layout';

/** Operators of PyTorch, forward and backward, by their names; the first that fits counts. */
const byPeerName: readonly (readonly [Kind, RegExp])[] = [
  ['loss', /cross_entropy|nll_?loss|log_?softmax/i],
  ['attention', /scaled_?dot|softmax/i],
  ['convolution', /conv/i],
  ['normalization', /norm/i],
  ['products', /linear|mm|matmul/i],
  ['pooling', /pool|mean/i],
  ['embedding', /embedding/i],
  [
    'layout',
    /view|reshape|transpose|permute|split|chunk|flatten|clone|contiguous|copy|slice|cat|expand|alias|TBackward/i,
  ],
];

/** Where a time of PyTorch's profile (`train.py profile`) belongs. */
export function placeOfPeer(phase: Phase, operator: string): Place {
  if (phase === 'between') return { phase, kind: 'between operators' };
  if (phase === 'update') return { phase, kind: 'update' };
  return { phase, kind: byPeerName.find(([, pattern]) => pattern.test(operator))?.[0] ?? 'elementwise' };
}

/** Where the nodes of a training step belong, by their names. `source`: the graph of the model that it trains. */
export function placesOf(
  { model: { graph }, origins }: TrainStep,
  source: Graph,
): ReadonlyMap<string, Place> {
  const layers = layerKinds(source);
  const ahead = ancestors(
    graph,
    source.outputs.map(({ name }) => name),
  );
  // What the scores are computed from may be shared with the backward pass, and have its name from there.
  const isGradient = (node: Node) =>
    !ahead.has(node) && node.outputs.some((output) => origins.has(output) || output.startsWith('grad_'));
  const origin = (node: Node) =>
    node.outputs.map((name) => origins.get(name)).find((label) => label !== undefined);
  const scores = reached(graph.nodes, new Set(source.outputs.map(({ name }) => name)));
  const behind = reached(
    graph.nodes,
    new Set(graph.nodes.filter(isGradient).flatMap(({ outputs }) => outputs)),
  );
  // From the last node to the first: values that some gradient is computed from, and those that another layer's is.
  const before = new Set<string>();
  const passedOn = new Set<string>();
  const places = new Map<string, Place>();
  for (const node of [...graph.nodes].reverse()) {
    const after = node.outputs.some((output) => behind.has(output));
    const gradient = isGradient(node) || (after && node.outputs.some((output) => before.has(output)));
    const onward = gradient && node.outputs.some((output) => passedOn.has(output));
    if (gradient)
      for (const input of node.inputs) {
        before.add(input);
        const from = graph.producer(input);
        if (onward || (from && origin(from) !== origin(node))) passedOn.add(input);
      }
    const layout = isLayout(node.opType);
    const place = (): Place => {
      if (gradient) {
        const kind = layout ? 'layout' : (layers.label.get(origin(node) ?? '') ?? 'elementwise');
        return { phase: 'gradients', kind, of: onward ? 'inputs' : 'weights' };
      }
      if (after) return { phase: 'update', kind: 'update' };
      if (node.inputs.some((input) => scores.has(input))) return { phase: 'forward', kind: 'loss' };
      return { phase: 'forward', kind: layout ? 'layout' : forwardKind(node, layers) };
    };
    places.set(node.name, place());
  }
  return places;
}

interface LayerKinds {
  /** By the label of a node, and by the name of its first output. */
  readonly label: ReadonlyMap<string, Kind>;
  readonly output: ReadonlyMap<string, Kind>;
}

function layerKinds(source: Graph): LayerKinds {
  const label = new Map<string, Kind>();
  const output = new Map<string, Kind>();
  for (const node of source.nodes) {
    const kind = layerKind(source, node);
    label.set(labelOf(node), kind);
    output.set(node.outputs[0]!, kind);
  }
  return { label, output };
}

/** A product of two activations and its scaling are attention; a bias belongs to its product. */
function layerKind(graph: Graph, node: Node): Kind {
  const isWeight = (value: string) => graph.initializers.has(value);
  const isAttention = (other: Node | undefined) => other?.opType === 'MatMul' && !other.inputs.some(isWeight);
  if (isAttention(node)) return 'attention';
  if (['Mul', 'Div'].includes(node.opType) && isAttention(graph.soleConsumer(node.outputs[0]!)))
    return 'attention';
  if (node.opType === 'Add' && node.inputs.some(isWeight)) {
    const product = node.inputs
      .map((input) => graph.producer(input))
      .find((other) => other?.opType === 'MatMul');
    if (product) return 'products';
  }
  return kindOfOperator(node.opType);
}

/** A forward node of the step is one of the model's, or stands for one whose output's name begins its own. */
function forwardKind(node: Node, layers: LayerKinds): Kind {
  const known = layers.label.get(labelOf(node));
  if (known) return known;
  const group = node.attributes.get('group');
  // A convolution of every channel alone stands for what normalization does to a channel.
  if (node.domain === blockedDomain && group?.kind === 'int' && group.value > 1) return 'normalization';
  for (const name of ownNames(node.outputs[0]!)) {
    const kind = layers.output.get(name);
    if (kind) return kind;
  }
  return kindOfOperator(node.opType);
}

/** A name, and those that it was made from by adding `.something`. */
function ownNames(name: string): readonly string[] {
  const names = [name];
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1))
    names.push(name.slice(0, dot));
  return names;
}

/** The nodes that the values are computed from. */
function ancestors(graph: Graph, values: readonly string[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const node = graph.producer(value);
    if (!node || found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return found;
}

/** The values that depend on one of `roots`, roots included. */
function reached(nodes: readonly Node[], roots: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(roots);
  for (const { inputs, outputs } of nodes)
    if (inputs.some((input) => all.has(input))) for (const output of outputs) all.add(output);
  return all;
}
