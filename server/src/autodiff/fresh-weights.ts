import { createRng } from '../base/rng.ts';
import type { Graph } from '../ir/graph.ts';
import { cloneModel, type Model } from '../ir/model.ts';
import { sizeOf, type Tensor, tensor } from '../ir/tensor.ts';
import { isNone, readAttributes } from '../ops/define.ts';
import { operatorOf } from '../ops/registry.ts';
import { isRecurrent, liftWeights } from './parameters.ts';

/**
 * The model with weights drawn anew, for training from scratch: normal with variance 2 / fan-in for kernels and matrices
 * (He et al. 2015), zero for biases and running means, one for scales and running variances. Weights whose role is unknown
 * keep their values.
 */
export function freshWeights(model: Model, seed: number): Model {
  const copy = cloneModel(model);
  liftWeights(copy.graph);
  const rng = createRng(seed);
  for (const value of copy.graph.initializers.values()) {
    if (value.type !== 'float' || value.dims.length === 0) continue;
    const count = sizeOf(value);
    const role = roleOf(copy.graph, value);
    if (role === undefined) continue;
    const values =
      role.kind === 'constant'
        ? new Float32Array(count).fill(role.value)
        : Float32Array.from({ length: count }, () => rng.normal() * Math.sqrt(2 / role.fanIn));
    copy.graph.setInitializer(tensor(value.name, 'float', value.dims, values));
  }
  return copy;
}

type Role =
  | { readonly kind: 'drawn'; readonly fanIn: number }
  | { readonly kind: 'constant'; readonly value: number };

const zero: Role = { kind: 'constant', value: 0 };
const one: Role = { kind: 'constant', value: 1 };

/** What a weight is for, by its first reader. */
function roleOf(graph: Graph, value: Tensor): Role | undefined {
  for (const node of graph.consumers(value.name)) {
    const input = node.inputs.indexOf(value.name);
    if (/Normalization$/.test(node.opType)) return [undefined, one, zero, zero, one][input];
    const operator = operatorOf(node);
    const rule = operator?.quantize;
    if (operator && rule && !isNone(rule) && rule.kind === 'weighted') {
      if (input === rule.bias) return zero;
      const axis = rule.axis(readAttributes(operator.attributes, node.attributes) as never);
      const outputs = value.dims[axis < 0 ? axis + value.dims.length : axis] ?? 1;
      if (input === rule.weight) return { kind: 'drawn', fanIn: Math.max(1, sizeOf(value) / outputs) };
    }
    // Half the variance that a rectifier wants: gates saturate otherwise.
    if (isRecurrent(node.opType))
      return input < 3 ? { kind: 'drawn', fanIn: 2 * (value.dims[2] ?? 1) } : zero;
    if (node.opType === 'Add') return zero;
    if (node.opType === 'Gather') return { kind: 'drawn', fanIn: value.dims.at(-1) ?? 1 };
  }
  return undefined;
}
