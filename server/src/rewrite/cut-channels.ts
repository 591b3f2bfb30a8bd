import type { ChannelGroup } from '../analysis/channel-groups.ts';
import type { Shapes } from '../analysis/shapes.ts';
import { PareError } from '../base/errors.ts';
import { tensorValue } from '../ir/attribute.ts';
import type { Graph } from '../ir/graph.ts';
import type { Node } from '../ir/node.ts';
import { elements, type NumericArray, type Tensor, tensor } from '../ir/tensor.ts';
import type { TensorType, ValueType } from '../ir/value-type.ts';
import { readAttributes, type Slot } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';

/**
 * Removes channels of a group from the graph for good: cuts the constants, and writes the sizes anew that nodes state in
 * attributes and lists. Edits `graph`, whose `shapes` and group must be those from before the cut: infer them again
 * afterwards. Throws `channels-blocked` for a group that is blocked, and when no channel would be left.
 */
export function cutChannels(
  graph: Graph,
  shapes: Shapes,
  group: ChannelGroup,
  channels: ReadonlySet<number>,
): void {
  if (group.blocked)
    throw new PareError('channels-blocked', `These channels cannot be cut: ${group.blocked}.`);
  const kept = new Map<string, readonly number[]>();
  for (const { value, axis, channels: labels } of group.members) {
    const rest = Array.from(labels.keys()).filter((at) => !channels.has(labels[at]!));
    if (rest.length === 0)
      throw new PareError('channels-blocked', `No channel would be left of axis ${axis} of '${value}'.`);
    if (rest.length < labels.length) kept.set(`${axis}:${value}`, rest);
  }
  const changed = new Set(
    group.members.filter(({ value, axis }) => kept.has(`${axis}:${value}`)).map(({ value }) => value),
  );
  const touched = new Set(
    [...changed].flatMap((value) => [...graph.consumers(value), ...producerOf(graph, value)]),
  );
  // Rules see the graph from before the cut: all of them are asked first.
  const resized = [...touched].map((node) => ({ node, change: resize(graph, shapes, node, kept) }));
  for (const { value, axis, constant } of group.members) {
    const rest = kept.get(`${axis}:${value}`);
    if (constant && rest) replaceConstant(graph, value, sliceAxis(graph.constant(value)!, axis, rest));
  }
  for (const { node, change } of resized) {
    for (const [name, value] of Object.entries(change?.attributes ?? {}))
      graph.setAttribute(node, name, value);
    for (const [index, list] of Object.entries(change?.inputs ?? {})) {
      const name = graph.addInitializer(
        tensor(`${node.name || 'sizes'}_sizes`, 'int64', [list.length], list),
      );
      const inputs = [...node.inputs];
      while (inputs.length <= Number(index)) inputs.push('');
      inputs[Number(index)] = name;
      graph.update(node, { inputs });
    }
  }
  // What the file states of them no longer holds.
  for (const value of changed) graph.valueInfo.delete(value);
}

const producerOf = (graph: Graph, value: string): readonly Node[] => {
  const producer = graph.producer(value);
  return producer ? [producer] : [];
};

function resize(graph: Graph, shapes: Shapes, node: Node, kept: ReadonlyMap<string, readonly number[]>) {
  const operator = operatorOf(node);
  const asTensor = (type: ValueType | undefined): TensorType | undefined =>
    type?.kind === 'tensor' ? type : undefined;
  const nameAt = ({ input, output }: Slot) =>
    (input === undefined ? node.outputs[output!] : node.inputs[input]) ?? '';
  return operator?.resize?.({
    attributes: readAttributes(operator.attributes, node.attributes),
    inputs: node.inputs.map((name) => asTensor(shapes.types.get(name))),
    outputs: node.outputs.map((name) => asTensor(shapes.types.get(name))),
    constant: (input) => graph.constant(node.inputs[input] ?? ''),
    kept: (slot) => {
      const rest = kept.get(`${slot.axis}:${nameAt(slot)}`);
      if (rest) return rest;
      const size = asTensor(shapes.types.get(nameAt(slot)))?.shape?.[slot.axis];
      return Array.from({ length: typeof size === 'number' ? size : 0 }, (_, at) => at);
    },
  });
}

function replaceConstant(graph: Graph, value: string, by: Tensor): void {
  const producer = graph.producer(value);
  if (producer) graph.setAttribute(producer, 'value', tensorValue(by));
  else graph.setInitializer(by);
}

/** The constant with only these indices of an axis, in this order. */
export function sliceAxis(constant: Tensor, axis: number, indices: readonly number[]): Tensor {
  const { dims } = constant;
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const from = elements(constant);
  const make = from.constructor as new (size: number) => NumericArray;
  const to = new make(outer * indices.length * inner);
  for (let o = 0; o < outer; o++)
    for (const [i, index] of indices.entries()) {
      const start = (o * dims[axis]! + index) * inner;
      to.set(from.subarray(start, start + inner) as never, (o * indices.length + i) * inner);
    }
  const result = tensor(
    constant.name,
    constant.type,
    dims.map((dim, i) => (i === axis ? indices.length : dim)),
    to,
  );
  return { ...constant, dims: result.dims, data: result.data };
}
