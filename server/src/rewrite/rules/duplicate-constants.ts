import type { Graph } from '../../ir/graph.ts';
import { bytesOf, type Tensor } from '../../ir/tensor.ts';
import { graphRule } from '../rule.ts';

/** Constants with the same type, shape and bytes are stored once. */
export const duplicateConstants = graphRule({
  name: 'duplicate-constants',
  summary: 'Equal constants are stored once.',
  run: (graph) => {
    const groups = new Map<string, { readonly name: string; readonly value: Tensor }[]>();
    for (const { name, value } of constantsOf(graph)) {
      if (graph.isOutput(name) || value.strings) continue;
      const key = `${value.type}[${value.dims}]`;
      const group = groups.get(key);
      if (group) group.push({ name, value });
      else groups.set(key, [{ name, value }]);
    }
    let merged = 0;
    for (const group of groups.values()) if (group.length > 1) merged += mergeEqual(graph, group);
    return merged;
  },
});

function* constantsOf(graph: Graph): Generator<{ readonly name: string; readonly value: Tensor }> {
  for (const [name, value] of graph.initializers) if (!graph.isInput(name)) yield { name, value };
  for (const node of graph.nodes) {
    const name = node.outputs[0] ?? '';
    const value = node.opType === 'Constant' ? graph.constant(name) : undefined;
    if (value) yield { name, value };
  }
}

function mergeEqual(
  graph: Graph,
  group: readonly { readonly name: string; readonly value: Tensor }[],
): number {
  const byHash = new Map<number, { readonly name: string; readonly value: Tensor }[]>();
  let merged = 0;
  for (const item of group) {
    const hash = hashOf(item.value);
    const same = byHash.get(hash) ?? [];
    const first = same.find(({ value }) => equalBytes(value.data.read(), item.value.data.read()));
    if (!first) {
      byHash.set(hash, [...same, item]);
      continue;
    }
    graph.replaceUses(item.name, first.name);
    if (graph.consumers(item.name).length > 0) continue;
    const producer = graph.producer(item.name);
    if (producer) graph.remove([producer]);
    else graph.removeInitializer(item.name);
    if (bytesOf(item.value) > 0) merged++;
  }
  return merged;
}

/** Hashes are kept, so that weights are read once and not in every round. */
const hashes = new WeakMap<Tensor['data'], number>();

function hashOf({ data }: Tensor): number {
  const known = hashes.get(data);
  if (known !== undefined) return known;
  const hash = fnv1a(data.read());
  hashes.set(data, hash);
  return hash;
}

/** 32-bit FNV-1a: only a first guess, equality is checked byte by byte. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
