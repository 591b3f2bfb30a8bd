import type { Shapes } from '../../analysis/shapes.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Node } from '../../ir/node.ts';
import { floats, sizeOf, type Tensor } from '../../ir/tensor.ts';
import { isNone, type QuantizeRule, readAttributes } from '../../ops/define.ts';
import { operatorOf } from '../../ops/registry.ts';
import { clampBounds } from '../../rewrite/rules/shared/clamp-bounds.ts';

/** How a node of the integer part is treated. */
export type Role =
  | {
      readonly kind: 'weighted';
      readonly weight: Tensor;
      /** Output-channel axis of the weights; undefined where one scale serves them all. */
      readonly axis: number | undefined;
      /** Factors that become part of the constants: Gemm's alpha and beta. */
      readonly factor: number;
      readonly bias: { readonly tensor: Tensor; readonly input: number; readonly factor: number } | undefined;
    }
  | { readonly kind: 'compute' }
  | { readonly kind: 'transparent' }
  /** Multiplies by a positive number: the stored integers stay, and their scale grows by the factor. */
  | { readonly kind: 'rescale'; readonly input: number; readonly factor: number };

/** Which part of a graph computes in int8, so that ONNX Runtime fuses every node of it into an integer kernel. */
export interface Choice {
  readonly roles: ReadonlyMap<Node, Role>;
  /** Why a node with weights stays in float. */
  readonly reasons: ReadonlyMap<Node, string>;
  /** Values that are stored in 8 bits, with the value whose range and scale they have. */
  readonly values: ReadonlyMap<string, QuantizedValue>;
}

export interface QuantizedValue {
  /** Values with the same root have the same scale and zero point. */
  readonly root: string;
  /** The value of the model before that has the root's range: the output of a Relu that is gone. */
  readonly measured: string;
}

/** Operators whose output may stay in float though they compute in int8. */
const floatOutput: ReadonlySet<string> = new Set(['Gemm', 'MatMul']);
/** Data movers that a Relu or Clip may be exchanged with. */
const commutesWithClamps: ReadonlySet<string> = new Set([
  ...['MaxPool', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze'],
]);
const clamps: ReadonlySet<string> = new Set(['Relu', 'Clip']);

/**
 * Chooses the nodes that compute in int8. A node with weights always does, where it can. One without weights does when all
 * that it computes with is in 8 bits anyway; one that only moves data does when it stands next to the integer part. Relu and
 * Clip nodes that the 8 bits make superfluous are removed from the graph at once; nothing else is changed.
 */
export function choose(
  graph: Graph,
  shapes: Shapes,
  opset: number,
  left: (node: Node) => string | undefined,
): Choice {
  const reasons = new Map<Node, string>();
  const roles = new Map<Node, Role>();
  for (const node of graph.nodes) {
    const reason = left(node);
    const role = reason ?? roleOf(graph, shapes, opset, node);
    if (typeof role === 'string') reasons.set(node, role);
    else roles.set(node, role);
  }
  shrink(graph, roles);
  const measured = absorbClamps(graph, roles);
  return { roles, reasons, values: quantizedValues(graph, roles, measured) };
}

/** What a node could be, looked at alone; or why it is nothing. */
function roleOf(graph: Graph, shapes: Shapes, opset: number, node: Node): Role | string {
  const rescale = rescaleRole(graph, shapes, node);
  if (rescale) return rescale;
  const operator = operatorOf(node);
  if (!operator) return 'Pare does not know the operator';
  const rule = operator.quantize;
  if (isNone(rule)) return rule.none;
  const type = (value: string | undefined) => {
    const found = shapes.types.get(value ?? '');
    return found?.kind === 'tensor' ? found.type : undefined;
  };
  const data = type(node.inputs[0]) ?? type(node.outputs[0]);
  if (data !== undefined && data !== 'float') return `its type is ${data}`;
  const attributes = readAttributes(operator.attributes, node.attributes);
  const refused = rule.kind === 'weighted' ? undefined : rule.unless?.(attributes);
  if (refused !== undefined) return refused;
  switch (rule.kind) {
    case 'weighted':
      return weightedRole(graph, node, rule, attributes, opset);
    case 'compute':
      return activationInputs(graph, node, { kind: 'compute' }).length > 0
        ? { kind: 'compute' }
        : 'it has no input';
    case 'transparent':
      if (node.outputs.slice(1).some((output) => output !== '') && node.opType !== 'Split')
        return 'it has a second output';
      return { kind: 'transparent' };
  }
}

/** Mul and Div by one positive number that does not grow the shape. */
function rescaleRole(graph: Graph, shapes: Shapes, node: Node): Role | undefined {
  if (node.domain !== '' || (node.opType !== 'Mul' && node.opType !== 'Div')) return undefined;
  const at = graph.constant(node.inputs[1]!) ? 1 : node.opType === 'Mul' ? 0 : -1;
  const constant = graph.constant(node.inputs[at] ?? '');
  const input = 1 - at;
  const type = shapes.types.get(node.inputs[input] ?? '');
  if (constant?.type !== 'float' || sizeOf(constant) !== 1 || graph.constant(node.inputs[input]!))
    return undefined;
  if (type?.kind !== 'tensor' || type.type !== 'float' || constant.dims.length > (type.shape?.length ?? 0))
    return undefined;
  const [value] = floats(constant) as unknown as [number];
  const factor = node.opType === 'Mul' ? value : 1 / value;
  return factor > 0 && Number.isFinite(factor) ? { kind: 'rescale', input, factor } : undefined;
}

function weightedRole(
  graph: Graph,
  node: Node,
  rule: Extract<QuantizeRule, { kind: 'weighted' }>,
  attributes: Readonly<Record<string, unknown>>,
  opset: number,
): Role | string {
  const weight = graph.constant(node.inputs[rule.weight] ?? '');
  if (!weight) return node.opType === 'MatMul' ? { kind: 'compute' } : 'its weights are computed';
  if (weight.type !== 'float') return `its weights are ${weight.type}`;
  if (graph.constant(node.inputs[0] ?? '')) return 'its input is constant';
  const rank = weight.dims.length;
  if (node.opType === 'MatMul' && rank < 2) return 'its weights are a vector';
  if (Number(attributes.transA ?? 0) !== 0) return 'it transposes its input';
  const axis = rule.axis(attributes as never);
  const perChannel = opset >= 13 && (node.opType !== 'MatMul' || rank === 2);
  const channels = weight.dims[axis < 0 ? axis + rank : axis] ?? 0;
  const biasInput = rule.bias ?? -1;
  const biasName = node.inputs[biasInput] ?? '';
  const bias = graph.constant(biasName);
  if (biasName !== '' && !bias) return 'its bias is computed';
  if (bias && !isBias(bias, channels)) return `its bias has shape [${bias.dims}]`;
  return {
    kind: 'weighted',
    weight,
    axis: perChannel ? (axis < 0 ? axis + rank : axis) : undefined,
    factor: Number(attributes.alpha ?? 1),
    bias: bias && { tensor: bias, input: biasInput, factor: Number(attributes.beta ?? 1) },
  };
}

/** One number a channel, or one for all. */
const isBias = (bias: Tensor, channels: number): boolean =>
  bias.type === 'float' &&
  (sizeOf(bias) === 1 || (sizeOf(bias) === channels && bias.dims.at(-1) === channels));

/** The inputs that are data, rather than weights, bounds or shapes. */
export function activationInputs(graph: Graph, node: Node, role: Role): readonly number[] {
  if (role.kind === 'rescale') return [role.input];
  if (role.kind !== 'compute' || node.opType === 'Clip') return [0];
  return node.inputs.flatMap((input, index) => {
    const constant = graph.constant(input);
    return input === '' || (constant && constant.type !== 'float') ? [] : [index];
  });
}

/** Takes out what would stand alone between float neighbours, until nothing changes. */
function shrink(graph: Graph, roles: Map<Node, Role>): void {
  for (let changed = true; changed; ) {
    changed = false;
    const { available, wanted } = neighbourhood(graph, roles);
    for (const [node, role] of roles) {
      if (role.kind === 'weighted') continue;
      const inputs = activationInputs(graph, node, role).map((index) => node.inputs[index]!);
      const keeps =
        role.kind === 'compute'
          ? inputs.some((input) => !graph.constant(input)) &&
            inputs.every((input) => graph.constant(input) !== undefined || available(input)) &&
            (!graph.isOutput(node.outputs[0]!) || wanted(node.outputs[0]!))
          : role.kind === 'rescale'
            ? available(inputs[0]!) && !graph.isOutput(node.outputs[0]!)
            : available(inputs[0]!) || node.outputs.some(wanted);
      if (keeps) continue;
      roles.delete(node);
      changed = true;
    }
  }
}

/** Is a value in 8 bits without asking for it; does somebody compute with it in int8? Data movers are looked through. */
function neighbourhood(graph: Graph, roles: ReadonlyMap<Node, Role>) {
  const remember = (compute: (value: string) => boolean) => {
    const known = new Map<string, boolean>();
    return (value: string): boolean => {
      let result = known.get(value);
      if (result === undefined) {
        known.set(value, false);
        result = compute(value);
        known.set(value, result);
      }
      return result;
    };
  };
  const kindOf = (node: Node | undefined) => node && roles.get(node)?.kind;
  const readsAsData = (node: Node, value: string) => {
    const role = roles.get(node);
    return (
      role !== undefined && activationInputs(graph, node, role).some((index) => node.inputs[index] === value)
    );
  };
  const available: (value: string) => boolean = remember((value) => {
    const producer = graph.producer(value);
    const kind = kindOf(producer);
    if (kind === 'weighted' || kind === 'compute') return true;
    const moved = kind === 'transparent' || kind === 'rescale';
    if (
      moved &&
      activationInputs(graph, producer!, roles.get(producer!)!).some((i) => available(producer!.inputs[i]!))
    )
      return true;
    return graph
      .consumers(value)
      .some((reader) => kindOf(reader) === 'weighted' && readsAsData(reader, value));
  });
  const wanted: (value: string) => boolean = remember((value) =>
    graph.consumers(value).some((reader) => {
      if (!readsAsData(reader, value)) return false;
      const kind = kindOf(reader);
      return kind === 'transparent' || kind === 'rescale' ? reader.outputs.some(wanted) : true;
    }),
  );
  return { available, wanted };
}

/**
 * Removes Relu and Clip nodes behind an integer node that nobody else reads, data movers in between allowed: the 8 bits of
 * that node's output end where the clamp ends. Returns, for values whose range is that of a removed clamp's output, that output.
 */
function absorbClamps(graph: Graph, roles: Map<Node, Role>): Map<string, string> {
  const measured = new Map<string, string>();
  for (const clamp of graph.nodes.filter((node) => clamps.has(node.opType) && roles.has(node))) {
    const source = clampsAroundZero(graph, clamp) ? sourceOf(graph, roles, clamp) : undefined;
    if (source === undefined) continue;
    const [before, after] = [clamp.inputs[0]!, clamp.outputs[0]!];
    graph.remove([clamp]);
    roles.delete(clamp);
    const producer = graph.producer(before)!;
    graph.update(producer, { outputs: producer.outputs.map((name) => (name === before ? after : name)) });
    measured.set(source === before ? after : source, after);
  }
  return measured;
}

/** The integer node's value that a clamp can be moved up to; undefined where somebody else reads it on the way. */
function sourceOf(graph: Graph, roles: ReadonlyMap<Node, Role>, clamp: Node): string | undefined {
  let [value, reader] = [clamp.inputs[0]!, clamp];
  while (graph.soleConsumer(value) === reader) {
    const producer = graph.producer(value);
    const kind = producer && roles.get(producer)?.kind;
    if (!producer || kind === undefined || kind === 'rescale') return undefined;
    if (kind !== 'transparent') return value;
    if (!commutesWithClamps.has(producer.opType)) return undefined;
    [value, reader] = [producer.inputs[0]!, producer];
  }
  return undefined;
}

/** A clamp that lets zero through, with constant bounds: 8 bits can then end where it ends. */
function clampsAroundZero(graph: Graph, node: Node): boolean {
  const bounds = clampBounds(graph, node);
  return bounds !== undefined && bounds.min <= 0 && bounds.max >= 0;
}

/** The values that need a quantizer: inputs of integer nodes, and those outputs that the kernels only give in 8 bits. */
function quantizedValues(
  graph: Graph,
  roles: ReadonlyMap<Node, Role>,
  measured: ReadonlyMap<string, string>,
): Map<string, QuantizedValue> {
  const names = new Set<string>();
  for (const [node, role] of roles) {
    for (const index of activationInputs(graph, node, role)) names.add(node.inputs[index]!);
    if (!floatOutput.has(node.opType) && role.kind !== 'rescale')
      for (const output of node.outputs) names.add(output);
  }
  names.delete('');
  const rootOf = (value: string): string => {
    const producer = graph.producer(value);
    return producer && roles.get(producer)?.kind === 'transparent' ? rootOf(producer.inputs[0]!) : value;
  };
  return new Map(
    [...names].map((name) => {
      const root = rootOf(name);
      return [name, { root, measured: measured.get(root) ?? root }];
    }),
  );
}
