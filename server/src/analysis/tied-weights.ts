import { createHash } from 'node:crypto';
import type { Graph } from '../ir/graph.ts';
import type { Model } from '../ir/model.ts';
import { bodiesOf, type Node } from '../ir/node.ts';
import { bytesOf, type Tensor } from '../ir/tensor.ts';
import { isWeight } from './cost.ts';

/** A reader of a weight. */
export interface WeightUse {
  readonly graph: Graph;
  readonly node: Node;
  readonly input: number;
}

/** One weight that several nodes read, such as an embedding that is also the last layer: a change of it changes all of them. */
export interface TiedWeight {
  /** The initializers (or outputs of Constant nodes) that hold it; more than one when the file stores it again and again. */
  readonly names: readonly string[];
  readonly uses: readonly WeightUse[];
  /** Bytes that the copies take beyond the first. */
  readonly wasted: number;
}

interface Entry {
  readonly tensor: Tensor;
  readonly name: string;
  readonly graph: Graph;
}

/**
 * Weights with more than one reader. Equal copies are found only when `contents` is true, since their data must be read for
 * it: only constants of the same type, shape and size are compared.
 */
export function tiedWeights(model: Model, { contents = false } = {}): readonly TiedWeight[] {
  const entries: Entry[] = [];
  const uses = new Map<Tensor, WeightUse[]>();
  const walk = (graph: Graph): void => {
    for (const [name, tensor] of graph.initializers)
      if (isWeight(tensor) && graph.constant(name)) entries.push({ tensor, name, graph });
    for (const node of graph.nodes) {
      const value =
        node.opType === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined;
      if (value?.kind === 'tensor' && isWeight(value.value))
        entries.push({ tensor: value.value, name: node.outputs[0] ?? '', graph });
      for (const [input, name] of node.inputs.entries()) {
        const tensor = graph.constant(name);
        if (!tensor) continue;
        const list = uses.get(tensor) ?? [];
        uses.set(tensor, list);
        list.push({ graph, node, input });
      }
      for (const body of bodiesOf(node)) walk(body);
    }
  };
  walk(model.graph);
  const groups = new Map<unknown, Entry[]>();
  const byForm = new Map<string, Entry[]>();
  for (const entry of entries) {
    const form = `${entry.tensor.type}[${entry.tensor.dims}]`;
    const list = byForm.get(form) ?? [];
    byForm.set(form, list);
    list.push(entry);
  }
  for (const list of byForm.values()) {
    for (const entry of list) {
      // The same object is one weight; other objects are compared only where there is something to compare with.
      const id = contents && list.length > 1 ? hash(entry.tensor) : entry.tensor;
      const same = groups.get(id) ?? [];
      groups.set(id, same);
      same.push(entry);
    }
  }
  return [...groups.values()].flatMap((same) => {
    const tensors = new Set(same.map(({ tensor }) => tensor));
    const readers = [...tensors].flatMap((tensor) => uses.get(tensor) ?? []);
    if (readers.length < 2) return [];
    const wasted = (same.length - 1) * bytesOf(same[0]!.tensor);
    return [{ names: same.map(({ name }) => name), uses: readers, wasted }];
  });
}

const chunk = 1 << 24;

function hash({ data, type, dims }: Tensor): string {
  const digest = createHash('sha256').update(`${type}[${dims}]`);
  for (let at = 0; at < data.size; at += chunk) digest.update(data.read(at, Math.min(data.size, at + chunk)));
  return digest.digest('base64');
}
