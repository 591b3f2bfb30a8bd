import type { Attribute } from '../../ir/attribute.ts';
import type { Graph } from '../../ir/graph.ts';
import type { LocalFunction, Model } from '../../ir/model.ts';
import type { Node } from '../../ir/node.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { ValueInfo, ValueType } from '../../ir/value-type.ts';
import { nameInAttribute } from './printer.ts';

/**
 * What text cannot say, taken from the model that the text was printed from: documentation, metadata and fields that Pare
 * does not read, of graphs, nodes, values and tensors; denotations; strings that are not UTF-8; names inside attributes. Parts are found again by the
 * values that they define, so that what was edited keeps the rest. Changes the graphs of `model` in place.
 */
export function keepUnsaid(model: Model, original: Model): Model {
  keepInGraph(model.graph, original.graph);
  return {
    ...model,
    unknown: original.unknown,
    functions: model.functions.map((item) => {
      const before = original.functions.find((other) => sameFunction(item, other));
      if (!before) return item;
      keepInGraph(item.graph, before.graph);
      return { ...item, metadata: before.metadata, ...(before.unknown ? { unknown: before.unknown } : {}) };
    }),
  };
}

const sameFunction = (a: LocalFunction, b: LocalFunction): boolean =>
  a.name === b.name && a.domain === b.domain && a.overload === b.overload;

function keepInGraph(graph: Graph, original: Graph): void {
  graph.doc = original.doc;
  for (const [key, value] of original.metadata) graph.metadata.set(key, value);
  graph.unknown.push(...original.unknown);
  graph.quantizationAnnotations.push(...original.quantizationAnnotations);
  keepInValues(graph.inputs, original.inputs);
  keepInValues(graph.outputs, original.outputs);
  for (const [key, value] of graph.valueInfo) {
    const before = original.valueInfo.get(key);
    if (before) graph.valueInfo.set(key, keptValue(value, before));
  }
  // A value with documentation alone has no form in text at all.
  for (const [key, value] of original.valueInfo)
    if (!value.type && !graph.valueInfo.has(key)) graph.valueInfo.set(key, value);
  for (const value of graph.initializers.values()) {
    const before = original.initializers.get(value.name);
    if (before) graph.setInitializer(keptTensor(value, before));
  }
  const known = new Map(original.nodes.map((node) => [keyOf(node), node]));
  for (const node of graph.nodes) {
    const before = known.get(keyOf(node));
    if (before) keepInNode(graph, node, before);
  }
}

const keyOf = (node: Node): string => node.outputs.find((output) => output !== '') ?? `\0${node.name}`;

function keepInNode(graph: Graph, node: Node, before: Node): void {
  const attributes = new Map(
    [...node.attributes].map(([name, value]) => {
      const old = before.attributes.get(name);
      return [name, old ? keptAttribute(value, old) : value] as const;
    }),
  );
  graph.update(node, {
    doc: before.doc,
    metadata: before.metadata,
    attributes,
    ...(before.unknown ? { unknown: before.unknown } : {}),
  });
}

function keptAttribute(value: Attribute, before: Attribute): Attribute {
  const rest = { ...kept('doc', before.doc), ...kept('unknown', before.unknown) };
  const lists = [value, before];
  if (lists.every((item) => item.kind === 'graph' || item.kind === 'graphs')) {
    const [now, old] = lists.map((item) =>
      item.kind === 'graph' ? [item.value] : (item.value as readonly Graph[]),
    );
    now!.forEach((graph, index) => {
      const other = old![index];
      if (!other) return;
      if (graph.name === nameInAttribute(other.name)) graph.name = other.name;
      keepInGraph(graph, other);
    });
  }
  if (value.kind === 'tensor' && before.kind === 'tensor')
    return { ...rest, kind: 'tensor', value: keptInAttribute(value.value, before.value) };
  if (value.kind === 'tensors' && before.kind === 'tensors') {
    const tensors = value.value.map((item, i) => keptInAttribute(item, before.value[i] ?? item));
    return { ...rest, kind: 'tensors', value: tensors };
  }
  if (value.kind === 'string' && before.kind === 'string')
    return { ...rest, kind: 'string', value: keptText(value.value, before.value) };
  if (value.kind === 'strings' && before.kind === 'strings')
    return {
      ...rest,
      kind: 'strings',
      value: value.value.map((text, i) => keptText(text, before.value[i] ?? text)),
    };
  return { ...value, ...rest };
}

/** Bytes that are no text were printed with replacement characters: unchanged, they are the bytes again. */
function keptText(text: string | Uint8Array, before: string | Uint8Array): string | Uint8Array {
  if (typeof before === 'string') return text;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(before) === text ? before : text;
}

function keptInAttribute(value: Tensor, before: Tensor): Tensor {
  const same = before.name !== '' && value.name === nameInAttribute(before.name);
  return keptTensor(same ? { ...value, name: before.name } : value, before);
}

function keptTensor(value: Tensor, before: Tensor): Tensor {
  const sameStrings = value.strings?.join('\0') === before.strings?.join('\0');
  return {
    ...value,
    ...kept('doc', before.doc),
    ...kept('metadata', before.metadata),
    ...kept('unknown', before.unknown),
    ...(sameStrings ? kept('rawStrings', before.rawStrings) : {}),
  };
}

function keepInValues(values: ValueInfo[], before: readonly ValueInfo[]): void {
  const known = new Map(before.map((value) => [value.name, value]));
  for (const [index, value] of values.entries()) {
    const old = known.get(value.name);
    if (old) values[index] = keptValue(value, old);
  }
}

function keptValue(value: ValueInfo, before: ValueInfo): ValueInfo {
  const type = value.type && before.type ? keptType(value.type, before.type) : value.type;
  return {
    ...value,
    ...(type ? { type } : {}),
    ...kept('doc', before.doc),
    ...kept('metadata', before.metadata),
    ...(value.type ? kept('unknown', before.unknown) : {}),
  };
}

function keptType(type: ValueType, before: ValueType): ValueType {
  const denoted = { ...type, ...kept('denotation', before.denotation) };
  const shaped = (item: ValueType) => (item.kind === 'tensor' || item.kind === 'sparse' ? item : undefined);
  const [now, old] = [shaped(denoted), shaped(before)];
  if (!now?.shape || !old?.notes || old.notes.length !== now.shape.length) return denoted;
  const notes = now.shape.map((_, axis) => ({
    ...kept('denotation', old.notes![axis]?.denotation),
    ...now.notes?.[axis],
  }));
  return { ...now, notes };
}

function kept<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
