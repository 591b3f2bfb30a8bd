import type { Graph } from '../../../ir/graph.ts';
import type { Node } from '../../../ir/node.ts';
import { floats, sizeOf } from '../../../ir/tensor.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The bounds of a Relu or Clip, infinite where there is none; undefined where one is computed. */
export function clampBounds(graph: Graph, node: Node): Bounds | undefined {
  if (node.opType === 'Relu') return { min: 0, max: Number.POSITIVE_INFINITY };
  const min = bound(graph, node, 1, 'min', Number.NEGATIVE_INFINITY);
  const max = bound(graph, node, 2, 'max', Number.POSITIVE_INFINITY);
  return min === undefined || max === undefined ? undefined : { min, max };
}

/** Clip had its bounds as attributes before opset 11. Their defaults, the ends of float32, are as good as infinite. */
function bound(graph: Graph, node: Node, input: number, name: string, none: number): number | undefined {
  const attribute = node.attributes.get(name);
  const given = node.inputs[input];
  const constant = given ? graph.constant(given) : undefined;
  if (given && (!constant || sizeOf(constant) !== 1)) return undefined;
  const value = constant ? floats(constant)[0]! : attribute?.kind === 'float' ? attribute.value : none;
  return Math.abs(value) >= 3.4028e38 ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
}
