import type { GrowingShapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { createBuilder } from '../ir/builder.ts';
import { isFloat } from '../ir/data-type.ts';
import type { Graph } from '../ir/graph.ts';
import { captures } from '../ir/graph.ts';
import { labelOf, type Node, qualifiedOp } from '../ir/node.ts';
import type { TensorType } from '../ir/value-type.ts';
import { type GradientContext, type GradientRule, isNone, readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import type { Lowering } from './lowering/lowering.ts';
import { sumTo } from './sum-to.ts';

export interface BackwardOptions {
  /** Types of all values of the graph; grows with the backward pass. */
  readonly shapes: GrowingShapes;
  /** Gradients that the walk starts from: value -> its gradient, of the same shape. */
  readonly seeds: ReadonlyMap<string, string>;
  /** Values whose gradients are asked for. Only paths that lead to them are walked. */
  readonly wanted: Iterable<string>;
  /** A faster form of a node's gradient than its operator's own. */
  readonly loweringOf?: (node: Node) => Lowering | undefined;
}

export interface Backward {
  readonly gradients: ReadonlyMap<string, string>;
  /** The gradient of any value of the forward pass, where the walk made one and summed it up. */
  readonly gradientOf: (value: string) => string | undefined;
  /** Values that the walk added -> label of the node whose gradient they belong to. */
  readonly origins: ReadonlyMap<string, string>;
}

/**
 * Reverse-mode differentiation: one walk over the graph's nodes, last to first, appends the backward pass to the graph and
 * gives each wanted value's gradient. A wanted value that no seed depends on has none. Gradients are accumulated by value,
 * so tied weights need no special case, and broadcasting is undone here, once, for all operators.
 * Errors: `no-gradient` where a path leads through an operator that has none; `gradient-shape` where a shape is unknown.
 */
export function backward(graph: Graph, options: BackwardOptions): Backward {
  const { shapes, seeds, loweringOf = () => undefined } = options;
  const wanted = new Set(options.wanted);
  const forward = [...graph.nodes];
  const needed = reachedFrom(forward, wanted);
  const build = createBuilder(graph, undefined, 'grad_');
  const gradients = new Map<string, string[]>();
  const total = (value: string): string | undefined => {
    const parts = gradients.get(value);
    if (!parts || parts.length === 0) return undefined;
    if (parts.length > 1) gradients.set(value, [build.op('Sum', parts)]);
    return gradients.get(value)![0];
  };
  const types = (value: string): TensorType => {
    const type = shapes.types.get(value);
    if (type?.kind === 'tensor' && type.shape) return type;
    throw new PareError(
      'gradient-shape',
      `The shape of '${value}' is not known, so it cannot be differentiated.`,
      {
        hint: 'Export the model with fixed sizes (the batch may stay open).',
        place: { name: value },
      },
    );
  };
  let known = forward.length;
  const origins = new Map<string, string>();
  const inferNew = (of?: Node) => {
    const added = graph.nodes.slice(known);
    shapes.extend(graph, added);
    if (of) for (const node of added) for (const output of node.outputs) origins.set(output, labelOf(of));
    known = graph.nodes.length;
  };
  for (const [value, gradient] of seeds) {
    shapes.assume(gradient, types(value));
    gradients.set(value, [gradient]);
  }

  for (let at = forward.length - 1; at >= 0; at--) {
    const node = forward[at]!;
    const dy = node.outputs.map((output) => (needed.has(output) ? total(output) : undefined));
    if (dy.every((gradient) => gradient === undefined)) continue;
    inferNew();
    const wants = (input: number) => {
      const name = node.inputs[input];
      if (name === undefined || !needed.has(name)) return false;
      const type = shapes.types.get(name);
      return type?.kind !== 'tensor' || isFloat(type.type);
    };
    if ([...captures(node)].some((value) => needed.has(value)))
      throw noGradient(node, 'its body reads a trained value');
    if (!node.inputs.some((_, input) => wants(input))) continue;
    const found = gradientsOf(
      node,
      { build, inputs: node.inputs, outputs: node.outputs, types, dy, wants },
      loweringOf(node),
    );
    inferNew(node);
    for (const [input, gradient] of found.entries()) {
      if (gradient === undefined || !wants(input)) continue;
      const value = node.inputs[input]!;
      const fitted = sumTo(build, gradient, types(gradient).shape!, types(value).shape!, value);
      const parts = gradients.get(value);
      if (parts) parts.push(fitted);
      else gradients.set(value, [fitted]);
    }
    inferNew(node);
  }
  const result = new Map<string, string>();
  for (const value of wanted) {
    const gradient = total(value);
    if (gradient !== undefined) result.set(value, gradient);
  }
  inferNew();
  const gradientOf = (value: string) => {
    const parts = gradients.get(value);
    return parts?.length === 1 ? parts[0] : undefined;
  };
  return { gradients: result, gradientOf, origins };
}

function gradientsOf(
  node: Node,
  context: Omit<GradientContext, 'attributes'>,
  lowering: Lowering | undefined,
): ReturnType<GradientRule> {
  const operator = operatorOf(node);
  if (!operator) throw noGradient(node, 'Pare does not know the operator');
  if (isNone(operator.gradient)) throw noGradient(node, operator.gradient.none);
  const whole = { ...context, attributes: readAttributes(operator.attributes, node.attributes) };
  return lowering?.(whole) ?? operator.gradient(whole);
}

const noGradient = (node: Node, reason: string): PareError =>
  new PareError(
    'no-gradient',
    `${qualifiedOp(node)} '${labelOf(node)}' cannot be trained through: ${reason}.`,
    {
      hint: 'Freeze the layers before it, or leave them out of the training step.',
      place: { name: labelOf(node) },
    },
  );

/** The values that depend on one of `roots`, roots included. Nodes must be in topological order. */
function reachedFrom(nodes: readonly Node[], roots: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set(roots);
  for (const node of nodes) {
    if (
      node.inputs.some((input) => reached.has(input)) ||
      [...captures(node)].some((input) => reached.has(input))
    )
      for (const output of node.outputs) if (output !== '') reached.add(output);
  }
  return reached;
}
