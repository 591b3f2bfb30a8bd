import { isFloat } from '../ir/data-type.ts';
import type { Model } from '../ir/model.ts';
import { floats, sizeOf, type Tensor } from '../ir/tensor.ts';
import { type Interval, isNone, readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import type { Shapes } from './shapes.ts';

/** Constants above this many elements are not looked into. */
const readable = 2 ** 16;

/**
 * Bounds of the floating-point values of the main graph that hold whatever the inputs are: interval arithmetic by the
 * operators' own rules, in graph order. What is not there is not bounded. Constants are read up to 65,536 elements.
 */
export function valueRanges(model: Model, shapes: Shapes): ReadonlyMap<string, Interval> {
  const { graph } = model;
  const ranges = new Map<string, Interval>();
  const rangeOf = (name: string): Interval | undefined => {
    const known = ranges.get(name);
    if (known) return known;
    const constant = graph.constant(name);
    const found = constant && constantRange(constant);
    if (found) ranges.set(name, found);
    return found;
  };
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    const operator = operatorOf(node);
    const type = output ? shapes.types.get(output) : undefined;
    if (!operator || !output || type?.kind !== 'tensor' || !isFloat(type.type)) continue;
    const inputs = node.inputs.map(rangeOf);
    const moves = !isNone(operator.quantize) && operator.quantize.kind === 'transparent';
    const range = operator.range
      ? operator.range({ inputs, attributes: readAttributes(operator.attributes, node.attributes) })
      : moves && node.inputs.length === 1
        ? inputs[0]
        : undefined;
    if (range && (range.low > Number.NEGATIVE_INFINITY || range.high < Number.POSITIVE_INFINITY))
      ranges.set(output, range);
  }
  return ranges;
}

function constantRange(tensor: Tensor): Interval | undefined {
  if (!isFloat(tensor.type) || tensor.type === 'double' || sizeOf(tensor) > readable || sizeOf(tensor) === 0)
    return undefined;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of floats(tensor)) {
    if (Number.isNaN(value)) return undefined;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}
