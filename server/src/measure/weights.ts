import { weightInputs } from '../analysis/cost.ts';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf } from '../ir/node.ts';
import { elements, type Tensor } from '../ir/tensor.ts';

/** Elements of the model's weights that stand for zero: for a quantized weight those at its zero point. */
export function zeroWeights(model: Model): number {
  const counted = new Set<Tensor>();
  const walk = (graph: Graph): number => {
    let zeros = 0;
    for (const node of graph.nodes) {
      for (const weight of weightInputs(graph, node)) {
        if (counted.has(weight)) continue;
        counted.add(weight);
        const point = node.opType === 'DequantizeLinear' ? graph.constant(node.inputs[2] ?? '') : undefined;
        zeros += countZeros(weight, point, Number(axisOf(node.attributes.get('axis'))));
      }
      for (const body of bodiesOf(node)) zeros += walk(body);
    }
    return zeros;
  };
  return walk(model.graph);
}

const axisOf = (attribute: { readonly kind: string; readonly value?: unknown } | undefined): unknown =>
  attribute?.kind === 'int' ? attribute.value : 1;

function countZeros(weight: Tensor, point: Tensor | undefined, axis: number): number {
  const values = elements(weight);
  const points = point && Array.from(elements(point) as ArrayLike<number | bigint>, Number);
  if (!points || points.every((value) => value === 0)) {
    let zeros = 0;
    // Both zeros of a 16-bit float: its elements are bits.
    const bits = weight.type === 'float16' || weight.type === 'bfloat16';
    for (let i = 0; i < values.length; i++)
      if (bits ? (Number(values[i]) & 0x7fff) === 0 : Number(values[i]) === 0) zeros++;
    return zeros;
  }
  const at = axis < 0 ? axis + weight.dims.length : axis;
  const inner = weight.dims.slice(at + 1).reduce((a, b) => a * b, 1);
  let zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const channel = points.length === 1 ? 0 : Math.floor(i / inner) % points.length;
    if (Number(values[i]) === points[channel]) zeros++;
  }
  return zeros;
}
